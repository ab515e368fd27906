"""Opening polls, voting, closing them."""

from collections.abc import Sequence

from sqlalchemy import delete, or_, select

from community.events import (
    MemberErased,
    PollChanged,
    PollClosed,
    PollOpened,
    PollRemoved,
    PollsDue,
    PollVoted,
)
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import can, require
from community.kernel.text import clean_line
from community.members.models import Member
from community.permissions import Can
from community.polls.counting import key_of, with_ballot
from community.polls.models import Ballot, Poll, PollOption, Voting
from community.polls.rules import OPTION_MAX, Rules, checked
from community.threads import counts
from community.threads.models import Thread

# -- Opening and changing --------------------------------------------------


def open_poll(actor: Member, thread: Thread, rules: Rules) -> Poll:
    """Give a thread its poll, with the thread or at any time later.

    Raises Invalid for rules that cannot be right, and Conflict when the thread has a poll.
    """
    require(actor, Can.OPEN_POLL, thread)
    rules = checked(rules)
    db.session.flush()  # reading the thread again would lose what was just set on a new one
    counts.hold(thread)
    if thread.has_poll:
        raise Conflict(_("This thread has a poll already."))
    poll = Poll(thread_id=thread.id, author_id=actor.id)
    _set(poll, rules)
    db.session.add(poll)
    thread.has_poll = True
    db.session.flush()  # the event needs poll.id
    publish(PollOpened(poll_id=poll.id, thread_id=thread.id, opened_by_id=actor.id))
    return poll


def change(actor: Member, poll: Poll, rules: Rules) -> None:
    """Ask otherwise, as long as nobody has voted: Conflict from the first ballot on."""
    require(actor, Can.MANAGE_POLL, poll)
    rules = checked(rules)
    _hold(poll)
    _check_unfrozen(poll)
    _set(poll, rules)
    publish(PollChanged(poll_id=poll.id, thread_id=poll.thread_id, changed_by_id=actor.id))


def _set(poll: Poll, rules: Rules) -> None:
    poll.question, poll.voting, poll.max_choices = rules.question, rules.voting, rules.max_choices
    poll.is_secret, poll.may_change = rules.is_secret, rules.may_change
    poll.results, poll.closes_at = rules.results, rules.closes_at
    poll.options = [
        PollOption(position=position, label=label)
        for position, label in enumerate(rules.options, start=1)
    ]


def _check_unfrozen(poll: Poll) -> None:
    if poll.is_closed:
        raise Conflict(_("This poll is closed."))
    if poll.is_frozen:
        raise Conflict(_("Somebody has voted, so the poll stays as it is."))


def correct(actor: Member, option: PollOption, label: str) -> None:
    """Mend the wording of an answer that was voted for; the page shows what it said at first.

    Invalid for a wording that is empty, too long, or another answer's.
    """
    require(actor, Can.CORRECT_POLL, option.poll)
    poll = option.poll
    label = clean_line(label)
    others = {one.label.casefold() for one in poll.options if one.id != option.id}
    if not label or len(label) > OPTION_MAX:
        message = _("An answer has 1 to %(max)d characters.", max=OPTION_MAX)
        raise Invalid(message, field="label")
    if label.casefold() in others:
        raise Invalid(_("Two answers are the same."), field="label")
    _hold(poll)
    if label == option.label:
        return
    if poll.is_frozen and not option.former_label:
        option.former_label = option.label
    option.label = label
    if option.former_label == label:
        option.former_label = ""
    publish(PollChanged(poll_id=poll.id, thread_id=poll.thread_id, changed_by_id=actor.id))


def remove(actor: Member, poll: Poll) -> None:
    """Take a poll from its thread for good; once somebody has voted, only staff may."""
    require(actor, Can.MANAGE_POLL, poll)
    thread = poll.thread
    counts.hold(thread)
    _hold(poll)
    if poll.is_frozen and not can(actor, Can.CORRECT_POLL, poll):
        raise Conflict(_("Somebody has voted, so only the team can remove this poll."))
    db.session.execute(delete(Ballot).where(Ballot.poll_id == poll.id))
    publish(PollRemoved(poll_id=poll.id, thread_id=thread.id, removed_by_id=actor.id))
    db.session.delete(poll)
    thread.has_poll = False


def _hold(poll: Poll) -> None:
    """Wait for the poll's row and keep it until the commit: voters come one after the other."""
    db.session.flush()  # reading it again would lose what an act before changed
    db.session.refresh(poll, with_for_update={"key_share": True, "of": Poll})


# -- Voting ----------------------------------------------------------------


def vote(actor: Member, poll: Poll, choices: Sequence[int]) -> None:
    """Vote, by ids of options in the order of preference; again, where votes may be changed.

    In a secret poll nothing is kept that leads from the voter to the choice. Raises Invalid
    for choices the poll does not take, and Conflict when it is closed or the vote stays.
    """
    require(actor, Can.VOTE_IN_POLL, poll)
    _hold(poll)
    choices = _checked_choices(poll, choices)
    _cast(actor, poll, choices)


def abstain(actor: Member, poll: Poll) -> None:
    """Be counted without choosing, where votes may be changed."""
    require(actor, Can.VOTE_IN_POLL, poll)
    _hold(poll)
    if not poll.may_change:
        raise Conflict(_("In this poll, votes stay as they are."))
    _cast(actor, poll, [])


def withdraw(actor: Member, poll: Poll) -> None:
    """Take one's vote back, where votes may be changed."""
    require(actor, Can.VOTE_IN_POLL, poll)
    _hold(poll)
    ballot = _open_ballot(actor, poll)
    if ballot is None:
        raise Conflict(_("You have not voted."))
    _uncount(poll, ballot)
    db.session.delete(ballot)
    publish(PollVoted(poll_id=poll.id, thread_id=poll.thread_id, voter_id=actor.id))


def _checked_choices(poll: Poll, choices: Sequence[int]) -> list[int]:
    known = {option.id for option in poll.options}
    chosen = list(dict.fromkeys(choices))
    if not chosen:
        raise Invalid(_("Choose an answer."), field="choice")
    if len(chosen) < len(choices) or not known.issuperset(chosen):
        raise Invalid(_("This answer is not there. Have another look."), field="choice")
    if len(chosen) > poll.max_choices:
        if poll.voting is Voting.ONE:
            raise Invalid(_("Choose one answer."), field="choice")
        message = _("Choose %(max)d answers at most.", max=poll.max_choices)
        raise Invalid(message, field="choice")
    return chosen


def _open_ballot(actor: Member, poll: Poll) -> Ballot | None:
    """The actor's ballot in a poll at hand, if it may be changed; Conflict when it may not."""
    if poll.is_closed:
        raise Conflict(_("This poll is closed."))
    ballot = db.session.get(Ballot, (poll.id, actor.id), populate_existing=True)
    if ballot is not None and not poll.may_change:
        raise Conflict(_("You have voted. In this poll, votes stay as they are."))
    return ballot


def _cast(actor: Member, poll: Poll, choices: list[int]) -> None:
    ballot = _open_ballot(actor, poll)
    if ballot is None:
        ballot = Ballot(poll_id=poll.id, member_id=actor.id)
        db.session.add(ballot)
        poll.ballots_count += 1
    else:
        _uncount(poll, ballot, stays=True)
    ballot.choices = None if poll.is_secret else choices
    poll.tally = with_ballot(poll.tally, key_of(choices, ranked=poll.is_ranked), 1)
    voter = None if poll.is_secret else actor.id
    publish(PollVoted(poll_id=poll.id, thread_id=poll.thread_id, voter_id=voter))


def _uncount(poll: Poll, ballot: Ballot, *, stays: bool = False) -> None:
    key = key_of(ballot.choices, ranked=poll.is_ranked)
    poll.tally = with_ballot(poll.tally, key, -1)
    if not stays:
        poll.ballots_count -= 1


# -- Closing ---------------------------------------------------------------


def close(actor: Member, poll: Poll) -> None:
    """Take no more ballots from now on."""
    require(actor, Can.MANAGE_POLL, poll)
    _hold(poll)
    if poll.is_closed:
        raise Conflict(_("This poll is closed already."))
    poll.closed_at, poll.closed_by_id = now(), actor.id
    publish(PollClosed(poll_id=poll.id, thread_id=poll.thread_id))


def close_due(_event: PollsDue) -> None:
    """Close the polls whose time is over, each at the moment it was to close.

    They have taken no ballot since then; this is for whoever is told.
    """
    due = select(Poll).where(Poll.closed_at.is_(None), Poll.closes_at <= now())
    for poll in db.session.scalars(due.order_by(Poll.id)).all():
        _hold(poll)
        if poll.closed_at is None:  # nobody closed it at the same moment
            poll.closed_at = poll.closes_at
            publish(PollClosed(poll_id=poll.id, thread_id=poll.thread_id))


# -- Leaving the brand -----------------------------------------------------


def on_member_erased(event: MemberErased) -> None:
    """Take back the known votes of somebody who wanted what they wrote to go, where polls are
    open. What was decided stays, under a pseudonym; a secret vote cannot be found.
    """
    if not event.removes_posts:
        return
    still_open = or_(Poll.closes_at.is_(None), Poll.closes_at > now())
    theirs = (
        select(Ballot)
        .join(Poll, Poll.id == Ballot.poll_id)
        .where(
            Ballot.member_id == event.member_id,
            ~Poll.is_secret,
            Poll.closed_at.is_(None),
            still_open,
        )
    )
    for ballot in db.session.scalars(theirs.order_by(Ballot.poll_id)).all():
        _hold(ballot.poll)
        _uncount(ballot.poll, ballot)
        db.session.delete(ballot)
