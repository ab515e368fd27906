"""Pictures over HTTP: sent with POST /media/, shown from addresses that never change."""

from flask import Blueprint, current_app, redirect, request
from werkzeug.exceptions import RequestEntityTooLarge

from community.brands.queries import canonical_host
from community.kernel import web
from community.kernel.addresses import external
from community.kernel.errors import Forbidden, Invalid, Missing, TooMany
from community.kernel.i18n import _
from community.kernel.tenancy import brand_id_or_none, brand_scope
from community.media import service
from community.media.store import storage

blueprint = Blueprint("media", __name__, url_prefix="/media")

UPLOADS_PER_MEMBER = "10/minute"
FOREVER = "public, max-age=31536000, immutable"


@blueprint.post("/")
def upload():
    """Take one picture in (`file`, with its description in `alt`); answer in JSON.

    201 {url, alt, width, height}, or 403, 413, 422, 429 {error}.
    """
    file = request.files.get("file")
    if file is None or not file.filename:
        return {"error": _("Choose a picture first.")}, 422
    try:
        web.count("upload", per_member=UPLOADS_PER_MEMBER)
        made = service.add_picture(web.actor(), file.read(), alt=request.form.get("alt", ""))
    except (Forbidden, Invalid) as refusal:
        return {"error": str(refusal)}, web.STATUS[type(refusal)]
    except TooMany as refusal:
        return {"error": str(refusal)}, 429, {"Retry-After": str(refusal.retry_after)}
    shown = {"url": service.url_of(made.token), "alt": made.alt}
    return shown | {"width": made.width, "height": made.height}, 201


@blueprint.errorhandler(RequestEntityTooLarge)
def _too_large(_error):
    limit = current_app.config["COMMUNITY"].max_upload_mb
    return {"error": _("That is too large. Send at most %(mb)d MB.", mb=limit)}, 413


@blueprint.get("/<token>-<int:width>.webp")
def show(token, width):
    """A picture about `width` pixels wide, to be kept by browsers for ever.

    On the host that serves pictures alone no brand is known: the token, which nobody
    can guess, leads to the one it belongs to, and only what is public is shown; for the
    rest it sends to the brand's own host, where somebody may be signed in.
    """
    if brand_id_or_none() is not None:
        return _picture(token, width)
    with brand_scope(service.brand_showing(token)):
        return _picture(token, width)


def _picture(token, width):
    upload = service.picture_or_missing(token)
    sight = current_app.extensions["sight_of_picture"](upload, web.actor())
    if sight == "none" and _is_elsewhere():
        return redirect(external(canonical_host(), "media.show", token=token, width=width))
    if sight == "none" or (upload.hidden_at is not None and not _may_see_hidden(upload)):
        raise Missing(_("There is no such picture."))
    kept = service.variant(upload, width)
    name = f"{token}-{kept}"
    response = current_app.response_class(mimetype="image/webp")
    if not request.if_none_match.contains(name):
        response.data = storage().get(service.file_key(token, kept)).data
    response.set_etag(name)
    is_public = sight == "public" and upload.hidden_at is None
    response.headers["Cache-Control"] = FOREVER if is_public else "no-store"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cross-Origin-Resource-Policy"] = "same-site"
    return response.make_conditional(request)


def _is_elsewhere() -> bool:
    """Whether the host serves pictures alone: nobody is signed in there."""
    media_host = current_app.config["COMMUNITY"].media_host
    return bool(media_host) and request.host.partition(":")[0] == media_host


def _may_see_hidden(upload) -> bool:
    actor = web.actor()
    return actor.is_on_duty or (actor.is_authenticated and actor.id == upload.owner_id)


@blueprint.app_template_global("picture")
def picture(token: str, width: int) -> str:
    """The address of a picture for a page, on the host that serves pictures if there is one."""
    host = current_app.config["COMMUNITY"].media_host
    path = service.url_of(token, width)
    return f"https://{host}{path}" if host else path
