from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from community.kernel.i18n import _l
from community.kernel.web import Form
from community.qa.help_models import Stage
from community.qa.solving import WORDS_MAX

STAGES = {Stage.DONE: _l("Taken care of elsewhere"), Stage.ANSWERED: _l("Answered in the note")}
_WORDS = Length(max=WORDS_MAX, message=_l("This is too long."))


class SolvedForm(Form):
    """Whether a question solved it for a reader."""

    solved = RadioField(
        _l("Did this solve it?"),
        [DataRequired(_l("Choose yes or no."))],
        choices=[SelectChoice("yes", _l("Yes")), SelectChoice("no", _l("No"))],
    )


class SupportForm(Form):
    """What is still wrong, for support."""

    words = TextAreaField(
        _l("What is still wrong?"),
        [DataRequired(_l("Say what is still wrong, so that support can help.")), _WORDS],
    )


class ReferralForm(Form):
    """What became of what was passed to support."""

    stage = RadioField(
        _l("What became of it"),
        [DataRequired(_l("Choose what became of it."))],
        choices=[SelectChoice(one.value, label) for one, label in STAGES.items()],
    )
    note = TextAreaField(
        _l("Note to the member"), [DataRequired(_l("Write a word to the member.")), _WORDS]
    )
