"""Drafts: the list of them, and what script asks while somebody writes."""

from flask import Blueprint, jsonify, request
from flask_wtf.csrf import generate_csrf

from community.kernel import web
from community.kernel.formats import ago
from community.kernel.policy import require
from community.kernel.text import excerpt
from community.permissions import Can
from community.threads import drafts as service
from community.threads.composer_views import keep_typed
from community.threads.draft_places import check_place, places
from community.threads.views import address_of

blueprint = Blueprint("drafts", __name__)

EXCERPT = 240  # characters
DISCARDS_PER_MEMBER = "30/minute"


@blueprint.get("/drafts")
def drafts():
    """What the member began to write and did not send."""
    actor = web.actor()
    require(actor, Can.KEEP_DRAFTS, actor)
    kept = service.of(actor)
    found = places(actor, [draft.place for draft in kept])
    return web.page(
        "threads/drafts.html",
        drafts=[(draft, found.get(draft.place), excerpt(draft.body, EXCERPT)) for draft in kept],
        days=service.KEPT.days,
    )


@blueprint.get("/drafts/<place>")
def state(place):
    """As JSON for script: the draft of a place, and a fresh key for the form."""
    actor = web.actor()
    require(actor, Can.KEEP_DRAFTS, actor)
    check_place(actor, place)
    return jsonify(token=generate_csrf(), **_as_json(service.at(actor, place)))


@blueprint.post("/drafts/<place>")
def save(place):
    """Keep what a form holds. For script: answers the sequence to begin from next time.

    409 tells what is there instead: what another window saved, or the post that the form
    became, or nothing when it was sent or thrown away elsewhere.
    """
    try:
        draft = keep_typed(web.actor(), place)
    except service.Newer as newer:
        return jsonify(message=str(newer), **_as_json(newer.draft)), 409
    except service.SentAlready as already:
        answer = {"sent": address_of(already.post), "is_same": already.is_same}
        return jsonify(message=str(already), **answer), 409
    return jsonify(sequence=draft.sequence if draft else 0)


@blueprint.post("/drafts/<place>/discard")
@web.limited("draft-discard", per_member=DISCARDS_PER_MEMBER)
def discard(place):
    """Throw a draft away."""
    actor = web.actor()
    service.discard(actor, place)
    there = places(actor, [place]).get(place)
    return web.done(web.local_path(request.form.get("next"), there.path if there else "/drafts"))


def _as_json(draft: service.Draft | None) -> dict:
    if draft is None:
        return {"sequence": 0, "values": None}
    return {"sequence": draft.sequence, "values": draft.values, "saved": ago(draft.saved_at)}
