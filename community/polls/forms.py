"""The shapes of what is sent about polls. What is right is said by `polls.rules`."""

from datetime import UTC, datetime

from wtforms import (
    BooleanField,
    DateTimeLocalField,
    IntegerField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from community.kernel.i18n import _l, zone
from community.kernel.web import Form
from community.polls.models import Poll, Results, Voting
from community.polls.rules import OPTION_MAX, QUESTION_MAX, Rules

VOTINGS = {
    Voting.ONE: _l("One answer"),
    Voting.SEVERAL: _l("Several answers"),
    Voting.RANKED: _l("Answers in order of preference"),
}
RESULTS = {
    Results.ALWAYS: _l("Always"),
    Results.VOTED: _l("To whoever has voted"),
    Results.CLOSED: _l("When the poll is closed"),
}


class PollForm(Form):
    """A poll: its question, its answers, its rules."""

    question = StringField(
        _l("Question"), [DataRequired(_l("Ask something.")), Length(max=QUESTION_MAX)]
    )
    options = TextAreaField(
        _l("Answers, one in each line"), [DataRequired(_l("Give the answers.")), Length(max=4000)]
    )
    voting = RadioField(
        _l("Each voter chooses"),
        choices=[SelectChoice(one.value, label) for one, label in VOTINGS.items()],
        default=Voting.ONE.value,
    )
    max_choices = IntegerField(_l("Of several, how many at most"), [Optional()])
    is_secret = BooleanField(_l("Secret: nobody sees who voted for what, not even the team"))
    may_change = BooleanField(_l("Votes may be changed and taken back"), default=True)
    results = RadioField(
        _l("Results are shown"),
        choices=[SelectChoice(one.value, label) for one, label in RESULTS.items()],
        default=Results.ALWAYS.value,
    )
    closes_at = DateTimeLocalField(_l("Closes on"), [Optional()])

    def fill(self, poll: Poll, time_zone: str) -> None:
        """Show a poll as it is, its closing in the brand's zone."""
        for name in ("question", "is_secret", "may_change"):
            self[name].data = getattr(poll, name)
        self.max_choices.data = poll.max_choices if poll.voting is Voting.SEVERAL else None
        self.options.data = "\n".join(option.label for option in poll.options)
        self.voting.data, self.results.data = poll.voting.value, poll.results.value
        if poll.closes_at:
            self.closes_at.data = poll.closes_at.astimezone(zone(time_zone)).replace(tzinfo=None)

    def rules(self, time_zone: str) -> Rules:
        """What was given; the closing is a moment of the brand's zone.

        A secret vote cannot be changed, so the other box says nothing beside that one.
        """
        return Rules(
            question=self.question.data or "",
            options=(self.options.data or "").splitlines(),
            voting=Voting(self.voting.data),
            max_choices=self.max_choices.data,
            is_secret=self.is_secret.data,
            may_change=self.may_change.data and not self.is_secret.data,
            results=Results(self.results.data),
            closes_at=_moment(self.closes_at.data, time_zone),
        )


def _moment(given: datetime | None, time_zone: str) -> datetime | None:
    return given and given.replace(tzinfo=zone(time_zone)).astimezone(UTC)


class OptionForm(Form):
    """An answer in better words."""

    label = StringField(
        _l("Answer"), [DataRequired(_l("Write the answer.")), Length(max=OPTION_MAX)]
    )
