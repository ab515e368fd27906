"""The shape of a bookmark's note and reminder."""

from wtforms import DateTimeLocalField, RadioField, SelectChoice, StringField
from wtforms.validators import Length, Optional, StopValidation

from community.kernel.i18n import _, _l
from community.kernel.web import Form
from community.threads.bookmarks import NOTE_MAX

TONIGHT = 20  # o'clock


def _given_if_chosen(form, field) -> None:
    """A moment of one's own choice has to be given; otherwise it does not matter what is there."""
    is_chosen = form.when.data == "own"
    if is_chosen and any(text.strip() for text in field.raw_data or ()):
        return
    field.errors = []
    raise StopValidation(_("Choose a day and a time.") if is_chosen else None)


class BookmarkForm(Form):
    """What a bookmark says, and when its member is reminded."""

    note = StringField(
        _l("Note to yourself"),
        [Optional(), Length(max=NOTE_MAX, message=_l("Use %(max)d characters at most."))],
    )
    when = RadioField(
        _l("Remind me"),
        choices=[
            SelectChoice("never", _l("Not at all")),
            SelectChoice("tonight", _l("Tonight at 8")),
            SelectChoice("tomorrow", _l("Tomorrow at 9 in the morning")),
            SelectChoice("week", _l("In a week")),
            SelectChoice("own", _l("At a moment of my choice")),
        ],
        default="never",
    )
    remind_at = DateTimeLocalField(
        _l("Day and time"), [_given_if_chosen], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
    )

    def __init__(self, *args, remind_at=None, is_late=False, **kwargs):
        chosen = {"when": "own"} if remind_at else {}
        super().__init__(*args, remind_at=remind_at, **chosen, **kwargs)
        if is_late:
            self.when.choices = [one for one in self.when.choices if one.value != "tonight"]
