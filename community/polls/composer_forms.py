"""The poll of a thread that is not begun yet: fields in the form of the thread."""

from flask import g, get_template_attribute

from community.kernel.errors import Invalid
from community.polls import service
from community.polls.forms import PollForm
from community.polls.rules import checked


class PollPart:
    """A part of the composer of a thread; without a question or answers there is no poll."""

    def __init__(self):
        self._form = PollForm(prefix="poll-", meta={"csrf": False})

    @property
    def _is_asked(self) -> bool:
        return bool(
            (self._form.question.data or "").strip() or (self._form.options.data or "").strip()
        )

    def is_right(self) -> bool:
        """Whether there is no poll, or one that can be opened; errors stand beside the fields."""
        if not self._is_asked:
            return True
        if not self._form.validate():
            return False
        try:
            checked(self._form.rules(g.brand.time_zone))
        except Invalid as refusal:
            self._form.refuse(refusal)
            return False
        return True

    def add_to(self, actor, thread) -> None:
        if self._is_asked and not thread.has_poll:  # the same form may arrive twice
            service.open_poll(actor, thread, self._form.rules(g.brand.time_zone))

    def _take_up(self, draft) -> None:
        """Go on with what was typed in these fields before."""
        for field in self._form:
            if field.name in draft.values:
                value = draft.values[field.name]
                field.process_formdata(value if isinstance(value, list) else [value])
            elif draft.values.get("poll-question") and field.type == "BooleanField":
                field.data = False  # a box that was not ticked is not in what was typed

    def html(self, kept=None):
        """The fields, folded away until somebody wants them; of a draft, if there is one."""
        if kept is not None:
            self._take_up(kept)
        part = get_template_attribute("polls/_fields.html", "part")
        return part(self._form, self._is_asked, g.brand.time_zone)
