"""The shapes of what is sent in private. What is right is the services' to say."""

from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from community.kernel.i18n import _l
from community.kernel.text import MAX_BODY
from community.kernel.web import Form
from community.messages.models import Outcome, Wrong
from community.messages.reports import REASON_MAX, WORDS_MAX
from community.messages.service import SUBJECT_MAX, SUBJECT_MIN
from community.threads.forms import WritingForm

_SUBJECT_LENGTH = Length(
    SUBJECT_MIN, SUBJECT_MAX, _l("Write between %(min)d and %(max)d characters.")
)
_BODY = [
    DataRequired(_l("Write something first.")),
    Length(max=MAX_BODY, message=_l("This text is too long: %(max)d characters at most.")),
]
_WORDS = _l("Say it in %(max)d characters at most.")

WRONGS = {
    Wrong.HARASSMENT: _l("It insults, threatens or harasses"),
    Wrong.SPAM: _l("It is advertising or fraud"),
    Wrong.PERSONAL: _l("It shows personal details of somebody"),
    Wrong.ILLEGAL: _l("It is against the law"),
    Wrong.OTHER: _l("Something else"),
}
OUTCOMES = {
    Outcome.HIDDEN: _l("Hide the message"),
    Outcome.KEPT: _l("Leave it as it is"),
}


class TeamForm(WritingForm):
    """A conversation with the brand."""

    subject = StringField(_l("Subject"), [DataRequired(_l("Give it a subject.")), _SUBJECT_LENGTH])
    body = TextAreaField(_l("Message"), _BODY)


class ConversationForm(WritingForm):
    """A conversation with other members; staff may write it for the brand."""

    people = StringField(
        _l("To"), [DataRequired(_l("Say who it is for: one user name or more.")), Length(max=1000)]
    )
    for_brand = BooleanField(_l("Write for the brand: the team reads along and can answer"))
    subject = StringField(_l("Subject"), [DataRequired(_l("Give it a subject.")), _SUBJECT_LENGTH])
    body = TextAreaField(_l("Message"), _BODY)


class MessageForm(WritingForm):
    """A message in a conversation."""

    body = TextAreaField(_l("Your message"), _BODY)


class PersonForm(Form):
    """Somebody to bring into a conversation."""

    people = StringField(
        _l("User name"), [DataRequired(_l("Write the user name of somebody.")), Length(max=60)]
    )


class ReportForm(Form):
    """What is wrong with a message."""

    wrong = RadioField(
        _l("What is wrong with it?"),
        [DataRequired(_l("Choose what is wrong with it."))],
        choices=[SelectChoice(one.value, label) for one, label in WRONGS.items()],
    )
    words = TextAreaField(_l("In your words"), [Optional(), Length(max=WORDS_MAX, message=_WORDS)])


class DecisionForm(Form):
    """What becomes of a reported message."""

    outcome = RadioField(
        _l("Decision"),
        [DataRequired(_l("Choose what becomes of it."))],
        choices=[SelectChoice(one.value, label) for one, label in OUTCOMES.items()],
    )
    reason = StringField(
        _l("Reason"),
        [
            DataRequired(_l("Say why. Both sides read it.")),
            Length(max=REASON_MAX, message=_WORDS),
        ],
    )
