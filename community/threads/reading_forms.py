"""The shape of a bookmark's note and reminder."""

from wtforms import DateTimeLocalField, RadioField, StringField
from wtforms.validators import Length, Optional, ValidationError

from community.kernel.i18n import _l
from community.kernel.web import Form
from community.threads.bookmarks import NOTE_MAX

TONIGHT = 20  # o'clock


class BookmarkForm(Form):
    """What a bookmark says, and when its member is reminded."""

    note = StringField(
        _l("Note to yourself"),
        [Optional(), Length(max=NOTE_MAX, message=_l("Use %(max)d characters at most."))],
    )
    when = RadioField(
        _l("Remind me"),
        choices=[
            ("never", _l("Not at all")),
            ("tonight", _l("Tonight at 8")),
            ("tomorrow", _l("Tomorrow at 9 in the morning")),
            ("week", _l("In a week")),
            ("own", _l("At a moment of my choice")),
        ],
        default="never",
    )
    remind_at = DateTimeLocalField(_l("Day and time"), [Optional()])

    def __init__(self, *args, remind_at=None, is_late=False, **kwargs):
        chosen = {"when": "own"} if remind_at else {}
        super().__init__(*args, remind_at=remind_at, **chosen, **kwargs)
        if is_late:
            self.when.choices = [one for one in self.when.choices if one[0] != "tonight"]

    def validate_remind_at(self, field) -> None:
        """A moment of one's own choice has to be given."""
        if self.when.data == "own" and field.data is None:
            raise ValidationError(field.gettext(str(_l("Choose a day and a time."))))
