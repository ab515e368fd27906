"""What a poll asks and how, as it is given, and whether that can be right."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from community.kernel.db import now
from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.kernel.text import clean_line
from community.polls.models import Results, Voting

QUESTION_MIN, QUESTION_MAX = 3, 200
OPTIONS_MIN, OPTIONS_MAX, OPTION_MAX = 2, 20, 120
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=366)


@dataclass(frozen=True)
class Rules:
    """A poll before it is there. `options` are labels, `closes_at` an aware moment or None."""

    question: str
    options: Sequence[str]
    voting: Voting = Voting.ONE
    max_choices: int | None = None  # of several; None: as many as there are
    is_secret: bool = False
    may_change: bool = True
    results: Results = Results.ALWAYS
    closes_at: datetime | None = None


def checked(rules: Rules) -> Rules:
    """Return the rules as they are kept; Invalid names the field that cannot be right."""
    question = clean_line(rules.question)
    if not QUESTION_MIN <= len(question) <= QUESTION_MAX:
        message = _("Ask in %(min)d to %(max)d characters.", min=QUESTION_MIN, max=QUESTION_MAX)
        raise Invalid(message, field="question")
    options = [label for label in map(clean_line, rules.options) if label]
    _check_options(options)
    _check_closing(rules.closes_at)
    if rules.is_secret and rules.may_change:
        message = _("A secret vote cannot be changed: nobody knows which one is whose.")
        raise Invalid(message, field="may_change")
    return replace(
        rules, question=question, options=options, max_choices=_max_choices(rules, len(options))
    )


def _check_options(options: Sequence[str]) -> None:
    if not OPTIONS_MIN <= len(options) <= OPTIONS_MAX:
        message = _(
            "Give %(min)d to %(max)d answers, one in each line.", min=OPTIONS_MIN, max=OPTIONS_MAX
        )
        raise Invalid(message, field="options")
    if any(len(label) > OPTION_MAX for label in options):
        message = _("An answer has %(max)d characters at most.", max=OPTION_MAX)
        raise Invalid(message, field="options")
    if len({label.casefold() for label in options}) < len(options):
        raise Invalid(_("Two answers are the same."), field="options")


def _check_closing(closes_at: datetime | None) -> None:
    if closes_at is None:
        return
    if closes_at < now() + SHORTEST:
        raise Invalid(_("Leave people five minutes at least."), field="closes_at")
    if closes_at > now() + LONGEST:
        raise Invalid(_("A poll is open for a year at most."), field="closes_at")


def _max_choices(rules: Rules, number: int) -> int:
    if rules.voting is not Voting.SEVERAL:
        return 1 if rules.voting is Voting.ONE else number
    given = number if rules.max_choices is None else rules.max_choices
    if not 2 <= given <= number:
        message = _("Between 2 and %(max)d, for there are so many answers.", max=number)
        raise Invalid(message, field="max_choices")
    return given
