"""A form with a text in it, from the draft it begins with to the post it becomes.

Used by every view with a composer; the pages around it are theirs.
"""

from flask import request

from community.kernel import web
from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.media import service as media
from community.threads import drafts
from community.threads.draft_places import check_place
from community.threads.forms import WritingForm
from community.threads.posts import rendered
from community.threads.views import address_of

PREVIEWS_PER_MEMBER = "30/minute"
DRAFTS_PER_MEMBER = "60/minute"
_NOT_TYPED = {"csrf_token", "draft", "submission", "pictures"}


def typed() -> dict[str, str | list[str]]:
    """What was typed and chosen in the form sent, by the name of its field."""
    return {
        name: values[0] if len(values) == 1 else values
        for name, values in request.form.lists()
        if name not in _NOT_TYPED
    }


def keep_typed(actor, place: str, **more: str) -> drafts.Draft | None:
    """Keep what the form sent holds as the draft of a place; raises what `drafts.save` does.

    `more` holds the values of fields that are another than they were sent.
    """
    web.count("draft", per_member=DRAFTS_PER_MEMBER)
    return drafts.save(
        actor,
        place,
        typed() | more,
        began_from=_number(request.form.get("draft")),
        submission=request.form.get("submission"),
    )


def _number(given: str | None) -> int:
    """A sequence as a form gives it back; 0 for none and for anything that cannot be one."""
    given = given or ""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else 0


class Again:
    """A form of a place (see `draft_places`), shown until what it holds is right."""

    def __init__(self, template: str, form: WritingForm, *, place: str, **context):
        self._template, self._form, self._place = template, form, place
        self._context = context
        self._took_pictures = False

    def begin(self, actor, *, is_given: bool = False):
        """The page with an empty form, or with the draft of its place in it.

        A form that `is_given` something to begin with keeps that, and offers the draft.
        """
        draft = drafts.at(actor, self._place)
        if draft and is_given:
            self._form.other = draft
        elif draft:
            self._form.take_up(draft)
        return self.page()

    def take_pictures(self, actor) -> None:
        """Keep the pictures sent with the text and put them at its end.

        With script they were sent while writing; this is the way without.
        """
        files = [f for f in request.files.getlist("pictures") if f.filename]
        if not files:
            return
        form = self._form
        try:
            uploads = media.add_pictures(actor, [f.read() for f in files])
        except Invalid as refusal:
            form.refused_pictures = str(refusal)
            return
        shown = [f"![]({media.url_of(upload.token)})" for upload in uploads]
        form.body.data = "\n\n".join([(form.body.data or "").rstrip(), *shown]).lstrip()
        self._took_pictures = True

    def wants_preview(self) -> bool:
        return "preview" in request.args

    def preview(self):
        """The text as it would look: alone for script, above its form without."""
        web.count("preview", per_member=PREVIEWS_PER_MEMBER)
        html = rendered(self._form.body.data or "")
        if web.is_fragment():
            return web.page("threads/_preview.html", html=html)
        return web.page(self._template, form=self._form, preview=html, **self._context)

    def wants_draft(self) -> bool:
        return "draft" in request.args

    def keep_draft(self, actor):
        """Keep what the form holds for later: the button of whoever has no script.

        What another window saved meanwhile is shown beside it, and nothing is written over.
        """
        form = self._form
        try:
            draft = keep_typed(actor, self._place, body=form.body.data or "")
        except Invalid as refusal:
            form.refuse(refusal)
            return self.page()
        except drafts.SentAlready as already:
            return web.done(address_of(already.post), str(already))
        except drafts.Newer as newer:
            form.other = newer.draft
            form.draft.data = str(newer.draft.sequence) if newer.draft else ""
            form.form_errors.append(str(newer))
            return self._shown(200 if self._took_pictures else 409)
        path = check_place(actor, self._place).path
        return web.done(path, _("Your draft is saved.") if draft else None)

    def sent(self, actor) -> None:
        """The text is posted, so its draft goes in the same transaction."""
        if sequence := _number(request.form.get("draft")):
            drafts.sent(actor, self._place, sequence=sequence)

    def page(self, *, is_refused: bool = False):
        """The page with the form: 422 when something in it is refused, or beside it
        (`is_refused`).

        Pictures that came with refused text are kept, so that answer is a success:
        what is refused is rolled back.
        """
        is_refused = is_refused or bool(self._form.errors)
        return self._shown(422 if is_refused and not self._took_pictures else 200)

    def _shown(self, status: int):
        return web.page(
            self._template, status=status, form=self._form, preview=None, **self._context
        )
