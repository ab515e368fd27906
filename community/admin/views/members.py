"""Members as staff sees them: the list, and one person's page with notes."""

from flask import redirect, request, url_for

from community.admin.forms import NoteForm
from community.admin.views.blueprint import blueprint
from community.kernel import web
from community.kernel.errors import Gone, Invalid, Missing
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.members import directory, notes
from community.members import queries as people
from community.members.directory import Standing
from community.members.models import Member, Role
from community.permissions import Can
from community.threads import lists, queries

NOTES_PER_MEMBER = "60/hour"


@blueprint.get("/members")
def members():
    """Who is here: `?q=` by name, user name or address, `?role=` and `?state=`."""
    found = directory.find(
        web.actor(),
        words=request.args.get("q", ""),
        role=_one_of(Role, request.args.get("role")),
        standing=_one_of(Standing, request.args.get("state")),
        page=request.args.get("page", 1, type=int),
    )
    return web.page(
        "admin/members.html",
        found=found,
        words=request.args.get("q", ""),
        role=request.args.get("role", ""),
        state=request.args.get("state", ""),
    )


def _one_of(kind, value: str | None):
    return kind(value) if value in set(kind) else None


@blueprint.route("/members/<username>", methods=["GET", "POST"])
@web.limited("note", per_member=NOTES_PER_MEMBER)
def member(username):
    """What staff knows about one member; a POST adds a note."""
    actor = web.actor()
    found, is_former = people.by_username(username)
    if found is None:
        raise Missing(_("There is no member of this name."))
    if found.is_erased:
        raise Gone(_("This person has left."))
    if request.method == "GET" and (is_former or username != found.username):
        return redirect(url_for(".member", username=found.username), 301)
    form = NoteForm()
    if form.validate_on_submit():
        try:
            notes.write_note(actor, found, form.text.data)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(_page_of(found), _("The note is kept."))
    return web.form_page("admin/member.html", form, **_about(actor, found))


def _about(actor, found: Member) -> dict:
    """What the page shows; the address of colleagues is theirs and managers'."""
    return {
        "member": found,
        "sessions": len(people.sessions_of(found)),
        "former": people.former_names(found),
        "threads": lists.threads_by(actor, found, 5),
        "posts": queries.posts_by(actor, found, 5),
        "notes": notes.notes_about(found),
        "may_change": can(actor, Can.SUSPEND_MEMBER, found) or can(actor, Can.CHANGE_ROLE, found),
    }


def _page_of(found: Member) -> str:
    return url_for(".member", username=found.username, _anchor="notes")


@blueprint.post("/members/<username>/notes/<int:note_id>/remove")
def remove_note(username, note_id: int):
    require(web.actor(), Can.ENTER_BACK_OFFICE)
    found, _is_former = people.by_username(username)
    if found is None:
        raise Missing(_("There is no member of this name."))
    notes.remove_note(web.actor(), notes.note_or_missing(found, note_id))
    return web.done(_page_of(found), _("The note is removed."))
