"""What happens to questions and their answers."""

from dataclasses import dataclass

from community.kernel.bus import Event


@dataclass(frozen=True)
class AnswerAccepted(Event):
    """Whoever asked says that this reply answered it; `author_id` wrote the answer."""

    thread_id: int
    post_id: int
    author_id: int
    accepted_by_id: int


@dataclass(frozen=True)
class AnswerNoLongerAccepted(Event):
    """The mark was taken back, or went with its post."""

    thread_id: int
    post_id: int
    author_id: int
    withdrawn_by_id: int | None


@dataclass(frozen=True)
class AnswerCertified(Event):
    """An expert or staff stands behind this reply, in the brand's name."""

    thread_id: int
    post_id: int
    author_id: int
    certified_by_id: int
    certification_id: int


@dataclass(frozen=True)
class CertificationLifted(Event):
    """The brand stands behind an answer no more.

    `cause`: withdrawn (by somebody), edited, replaced (by another answer), removed (with its post).
    """

    thread_id: int
    post_id: int
    author_id: int
    certification_id: int
    cause: str
    lifted_by_id: int | None


@dataclass(frozen=True)
class CertificationRenewed(Event):
    """Somebody looked again and the answer holds, until its next date."""

    certification_id: int
    renewed_by_id: int


@dataclass(frozen=True)
class CertificationDue(Event):
    """A certified answer is past its date, or enough readers say it no longer works."""

    certification_id: int


@dataclass(frozen=True)
class SameHereGiven(Event):
    thread_id: int
    member_id: int


@dataclass(frozen=True)
class SameHereWithdrawn(Event):
    thread_id: int
    member_id: int


@dataclass(frozen=True)
class SolutionRated(Event):
    """A reader said whether a question's answer solved it for them."""

    thread_id: int
    rating_id: int
    is_solved: bool


@dataclass(frozen=True)
class PassedToSupport(Event):
    """A reader whom no answer helped asks the brand's support to take over."""

    thread_id: int
    referral_id: int
    member_id: int


@dataclass(frozen=True)
class AnswerReminded(Event):
    """Whoever asked is reminded that an answer may be accepted: after 3, 7 and 21 days."""

    thread_id: int
    days: int


@dataclass(frozen=True)
class QuestionWaiting(Event):
    """Nobody answered in time. `told`: experts first, then staff."""

    thread_id: int
    told: str


@dataclass(frozen=True)
class AnswersDue(Event):
    """Every few minutes: questions that wait, reminders, certified answers past their date."""
