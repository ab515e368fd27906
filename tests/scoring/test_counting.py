"""What events earn and take back, by the rules alone."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from community.scoring.counting import Counter, Happened, InMemory, Reason, ThreadFacts
from community.scoring.rules import DEFAULT, PAIR_SHARES, PAIR_STEP

pytestmark = pytest.mark.once

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
ASKER, HELPER, READER, EXPERT = 1, 2, 3, 4
QUESTION, OPENING, ANSWER = 10, 100, 101
PARIS = ZoneInfo("Europe/Paris")


class Brand:
    """A log that is counted as it is written."""

    def __init__(self):
        self.log: list[Happened] = []
        self.lines = InMemory()
        self.counter = Counter(DEFAULT, self.lines, facts, PARIS)

    def tell(self, name: str, moment: datetime = MONDAY, **payload):
        event = Happened(len(self.log) + 1, name, payload, moment)
        self.log.append(event)
        return self.counter.count(event)

    def points(self, member_id: int) -> int:
        return sum(line.points for line in self.lines.all if line.member_id == member_id)

    def vote(self, voter=READER, post=ANSWER, author=HELPER, moment=MONDAY, given=True):
        name = "HelpfulVoteGiven" if given else "HelpfulVoteWithdrawn"
        return self.tell(name, moment, post_id=post, author_id=author, voter_id=voter)

    def accept(self, post=ANSWER, by=ASKER, author=HELPER, moment=MONDAY, name="AnswerAccepted"):
        who = "accepted_by_id" if name == "AnswerAccepted" else "withdrawn_by_id"
        ids = {"thread_id": QUESTION, "post_id": post, "author_id": author, who: by}
        return self.tell(name, moment, **ids)


def facts(thread_id: int) -> ThreadFacts:
    """Threads from 90 on began in private; everything else is the asker's."""
    return ThreadFacts(ASKER, is_private=thread_id >= 90)


@pytest.fixture
def brand():
    return Brand()


class TestEarning:
    def test_a_question_an_answer_and_its_acceptance(self, brand):
        ids = {"thread_id": QUESTION, "post_id": OPENING, "author_id": ASKER}
        brand.tell("ThreadStarted", **ids)
        brand.tell("PostAdded", **(ids | {"post_id": ANSWER, "author_id": HELPER}))
        brand.accept()
        assert (brand.points(ASKER), brand.points(HELPER)) == (5 + 2, 2 + 15)

    def test_nothing_for_ones_own(self, brand):
        brand.vote(voter=HELPER)
        brand.accept(author=ASKER)
        ids = {"thread_id": QUESTION, "post_id": 102, "author_id": ASKER}
        brand.tell("PostAdded", **ids)
        assert brand.lines.all == []

    def test_nothing_for_what_began_in_private(self, brand):
        brand.tell("ThreadStarted", thread_id=95, post_id=500, author_id=ASKER)
        brand.tell("PostAdded", thread_id=95, post_id=501, author_id=HELPER)
        assert brand.lines.all == []

    def test_accepting_earns_once_for_a_question(self, brand):
        brand.accept(post=101)
        brand.accept(post=102, author=READER)
        assert brand.points(ASKER) == 2
        assert (brand.points(HELPER), brand.points(READER)) == (15, 15)


class TestLimits:
    def test_the_day_ends_at_two_hundred_and_accepted_answers_come_on_top(self, brand):
        for voter in range(50, 100):
            brand.vote(voter=voter, post=voter)
        assert brand.points(HELPER) == DEFAULT.daily
        assert brand.lines.all[-1].points == 0
        brand.accept()
        assert brand.points(HELPER) == DEFAULT.daily + 15

    def test_the_day_is_the_brands(self, brand):
        late = datetime(2026, 3, 2, 22, 59, tzinfo=UTC)  # one minute to midnight in Paris
        for post in range(200, 207):
            brand.vote(post=post, moment=late)
        assert brand.lines.all[-1].reason == Reason.PAIR
        line = brand.vote(post=300, moment=late + timedelta(minutes=2))[0]
        assert line.reason == Reason.FADED  # a new day, and the seventh vote of the month

    def test_the_same_person_gives_at_most_six_times_a_day(self, brand):
        lines = [brand.vote(post=post)[0] for post in range(200, 208)]
        assert [line.reason for line in lines[6:]] == [Reason.PAIR] * 2
        assert all(line.points == 0 for line in lines[6:])

    def test_the_same_persons_votes_weigh_less_and_less_within_thirty_days(self, brand):
        worth = DEFAULT.by_name["helpful_vote"].points
        for step, share in enumerate((*PAIR_SHARES, 0)):
            day = MONDAY + timedelta(days=step)
            lines = [brand.vote(post=200 + 10 * step + n, moment=day)[0] for n in range(PAIR_STEP)]
            assert {line.points for line in lines} == {int(worth * share)}
        later = brand.vote(post=900, moment=MONDAY + timedelta(days=40))[0]
        assert later.points == worth

    def test_giving_and_taking_back_in_turns_earns_nothing(self, brand):
        for _ in range(20):
            brand.vote()
            brand.vote(given=False)
        assert brand.points(HELPER) == 0
        brand.vote()
        assert brand.points(HELPER) == 0


class TestTakingBack:
    def test_a_withdrawn_vote_takes_exactly_what_it_gave_whatever_the_order(self, brand):
        for n in range(8):
            brand.vote(post=200 + n)
        given = {line.post_id: line.points for line in brand.lines.all}
        for n in reversed(range(8)):
            line = brand.vote(post=200 + n, given=False)[0]
            assert line.points == -given[200 + n]
        assert brand.points(HELPER) == 0

    def test_what_was_never_given_takes_nothing(self, brand):
        assert brand.vote(given=False) == []
        brand.vote()
        brand.vote(given=False)
        assert brand.vote(given=False) == []

    def test_an_acceptance_taken_back_takes_both_sides(self, brand):
        brand.accept()
        brand.accept(name="AnswerNoLongerAccepted")
        assert (brand.points(ASKER), brand.points(HELPER)) == (0, 0)

    def test_while_another_answer_is_accepted_the_asker_keeps_what_accepting_earned(self, brand):
        brand.accept()
        brand.accept(post=102, author=READER)
        brand.accept(name="AnswerNoLongerAccepted")
        assert (brand.points(ASKER), brand.points(HELPER)) == (2, 0)
        brand.accept(post=102, author=READER, name="AnswerNoLongerAccepted")
        assert brand.points(ASKER) == 0

    def test_a_removed_post_takes_its_points_and_brings_them_back(self, brand):
        brand.tell("PostAdded", thread_id=QUESTION, post_id=ANSWER, author_id=HELPER)
        brand.vote()
        brand.accept()
        before = brand.points(HELPER)
        for _ in range(3):
            brand.tell("PostHidden", post_id=ANSWER, hidden_by_id=EXPERT)
            assert (brand.points(HELPER), brand.points(ASKER)) == (0, 0)
            brand.tell("PostRestored", post_id=ANSWER, restored_by_id=EXPERT)
            assert (brand.points(HELPER), brand.points(ASKER)) == (before, 2)

    def test_a_vote_taken_back_while_the_post_is_gone_does_not_come_back_with_it(self, brand):
        brand.vote()
        brand.vote(voter=EXPERT)
        brand.tell("PostDeleted", post_id=ANSWER, deleted_by_id=HELPER)
        brand.vote(given=False)
        brand.tell("PostRestored", post_id=ANSWER, restored_by_id=HELPER)
        assert brand.points(HELPER) == 5


def _history(chance: random.Random) -> Brand:
    """A few hundred acts of a few people, possible and impossible ones."""
    brand, moment = Brand(), MONDAY
    acts = ("vote", "unvote", "accept", "unaccept", "post", "hide", "restore", "certify", "lift")
    for _ in range(300):
        moment += timedelta(minutes=chance.randrange(1, 300))
        post, by = chance.randrange(100, 112), chance.randrange(1, 6)
        author = 1 + post % 5
        ids = {"thread_id": 10 + post % 4, "post_id": post, "author_id": author}
        match chance.choice(acts):
            case "vote":
                brand.vote(by, post, author, moment)
            case "unvote":
                brand.vote(by, post, author, moment, given=False)
            case "accept":
                brand.tell("AnswerAccepted", moment, accepted_by_id=by, **ids)
            case "unaccept":
                brand.tell("AnswerNoLongerAccepted", moment, withdrawn_by_id=by, **ids)
            case "post":
                brand.tell("PostAdded", moment, **ids)
            case "hide":
                brand.tell("PostHidden", moment, post_id=post, hidden_by_id=by)
            case "restore":
                brand.tell("PostRestored", moment, post_id=post, restored_by_id=by)
            case "certify":
                brand.tell("AnswerCertified", moment, certified_by_id=by, certification_id=1, **ids)
            case "lift":
                brand.tell("CertificationLifted", moment, certification_id=1, **ids)
    return brand


@pytest.mark.parametrize("seed", range(25))
class TestAnyHistory:
    def test_counted_again_it_gives_the_same_ledger(self, seed):
        brand = _history(random.Random(seed))
        again = InMemory()
        counter = Counter(DEFAULT, again, facts, PARIS)
        for event in brand.log:
            counter.count(event)
        assert again.all == brand.lines.all

    def test_no_line_is_taken_back_twice_and_nobody_falls_below_nothing(self, seed):
        brand = _history(random.Random(seed))
        undone = [line.reverses_id for line in brand.lines.all if line.reverses_id]
        assert len(undone) == len(set(undone))
        for member_id in range(1, 6):
            sums, total = [], 0
            for line in brand.lines.all:
                total += line.points if line.member_id == member_id else 0
                sums.append(total)
            assert min(sums) >= 0

    def test_when_everything_is_removed_nothing_is_left(self, seed):
        brand = _history(random.Random(seed))
        for post in range(100, 112):
            brand.tell("PostHidden", MONDAY + timedelta(days=90), post_id=post, hidden_by_id=1)
        assert {brand.points(member_id) for member_id in range(1, 6)} == {0}

    def test_nobody_gives_another_more_than_six_times_a_day(self, seed):
        brand = _history(random.Random(seed))
        given: dict[tuple, int] = {}
        for line in brand.lines.all:
            if line.giver_id and line.reason in {Reason.EARNED, Reason.FADED}:
                day = line.happened_at.astimezone(PARIS).date()
                key = (line.giver_id, line.member_id, day)
                given[key] = given.get(key, 0) + 1
        assert max(given.values(), default=0) <= DEFAULT.pair
