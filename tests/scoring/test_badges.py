"""Badges: earned at a moment, given once, taken back when their cause goes."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from community import events
from community.kernel.db import db, now
from community.kernel.errors import Conflict, Forbidden, Invalid
from community.kernel.tenancy import brand_scope
from community.scoring import badges, deeds, influence, standing
from community.scoring.standing_models import BadgeAward
from community.threads import service as threads
from community.threads import votes as votes_module
from tests.conftest import who
from tests.factories import LUNE
from tests.scoring.acts import counted, give, question, take_back, told
from tests.threads.acting import at_once


def awards(name="ada"):
    theirs = select(BadgeAward).where(BadgeAward.member_id == who(name).id)
    return db.session.scalars(theirs.order_by(BadgeAward.id)).all()


def accept(name="ada", at=None):
    return give(name, 15, rule="answer_accepted", at=at, giver="ben")


@pytest.mark.usefixtures("in_lune")
class TestEarning:
    def test_a_badge_is_earned_the_moment_its_threshold_was_crossed(self):
        moments = [now() - timedelta(minutes=20 - number) for number in range(11)]
        for moment in moments:
            accept(at=moment)
        counted("ada")
        earned = {award.key: award.earned_at for award in awards()}
        assert earned == {"first-accepted": moments[0], "accepted-10": moments[9]}

    def test_old_news_is_given_silently_and_what_is_fresh_is_told(self):
        accept("ada", at=now() - timedelta(days=3))
        accept("ben", at=now())
        counted("ada", "ben")
        assert [event["is_told"] for event in told("BadgeEarned")] == [False, True]

    def test_a_backfill_tells_nobody_and_goes_on_behind_the_last_member(self, monkeypatch):
        accept("ada")
        accept("ben")
        monkeypatch.setattr(badges, "PORTION", 1)
        badges.backfill(who("ada").id - 1)
        assert [event["is_told"] for event in told("BadgeEarned")] == [False]
        assert told("BadgesAsked") == [{"after_id": who("ada").id}]
        assert [award.key for award in awards("ben")] == []

    def test_a_badge_is_given_once_even_when_two_give_it_at_the_same_moment(self):
        ada = who("ada")
        assert badges.give(ada.id, "certified-1", now())
        assert not badges.give(ada.id, "certified-1", now())
        assert len(awards()) == len(told("BadgeEarned")) == 1

    def test_a_year_here_is_a_badge_for_whoever_just_had_it(self):
        who("ada").created_at = now() - timedelta(days=365, hours=1)
        who("ben").created_at = now() - timedelta(days=364)
        db.session.flush()
        standing.on_day_began(events.DayBegan())
        assert [award.key for award in awards()] == ["one-year"]
        assert awards("ben") == []

    def test_a_badge_that_is_off_is_given_to_nobody_and_shown_nowhere(self):
        accept()
        counted("ada")
        badges.change(who("mia"), "first-accepted", name="", is_on=False)
        db.session.flush()
        accept("ben")
        counted("ben")
        assert (badges.held_by(who("ada").id), awards("ben")) == ([], [])


@pytest.mark.usefixtures("in_lune")
class TestTakingBack:
    def test_a_badge_goes_when_its_cause_goes_and_comes_again_with_another(self):
        line = accept()
        counted("ada")
        take_back(line)
        counted("ada")
        assert [award.is_held for award in awards()] == [False]
        shown = badges.held_by(who("ada").id)
        assert [held.award.is_held for held in shown] == [False]
        accept()
        counted("ada")
        assert [award.is_held for award in awards()] == [False, True]
        assert [held.award.is_held for held in badges.held_by(who("ada").id)] == [True]

    def test_what_is_taken_back_and_given_back_stands_from_the_beginning(self):
        line = accept(at=now() - timedelta(hours=3))
        take_back(line)
        back = db.session.scalars(select(type(line)).where(type(line).reverses_id == line.id)).one()
        take_back(back)
        assert [deed.at for deed in deeds.accepted(who("ada").id)] == [line.happened_at]

    def test_staff_takes_a_badge_back_and_only_new_deeds_earn_it_again(self):
        accept()
        counted("ada")
        award = awards()[0]
        badges.revoke(who("mod"), award, reason="Asked friends to accept it.")
        counted("ada")
        assert [one.is_held for one in awards()] == [False]
        assert (award.revoked_by_id, award.revoked_reason) == (
            who("mod").id,
            "Asked friends to accept it.",
        )
        accept()
        counted("ada")
        assert [one.is_held for one in awards()] == [False, True]

    def test_a_reason_is_needed_and_a_badge_is_taken_back_once(self):
        accept()
        counted("ada")
        award = awards()[0]
        with pytest.raises(Invalid):
            badges.revoke(who("mod"), award, reason=" ")
        badges.revoke(who("mod"), award, reason="No.")
        with pytest.raises(Conflict):
            badges.revoke(who("mod"), award, reason="No.")

    def test_members_take_nobodys_badge(self):
        badges.give(who("ada").id, "certified-1", now())
        with pytest.raises(Forbidden):
            badges.revoke(who("ben"), awards()[0], reason="No.")


@pytest.mark.usefixtures("in_lune")
class TestInfluence:
    def test_half_of_the_weight_is_left_after_twelve_months(self):
        moment = now()
        assert influence.decayed(moment - influence.HALF_LIFE, moment) == 0.5
        assert influence.decayed(moment, moment) == 1

    def test_the_score_is_what_its_lines_say(self):
        give("ada", 40, rule="answer_certified", giver="eve")
        accept()
        counted("ada")
        mine = standing.of_member(who("ada").id)
        parts = influence.shown(mine)
        assert [(part.key, part.count, part.worth) for part in parts] == [
            ("certified", 1, 10.0),
            ("accepted", 1, 6.0),
            ("people", 2, 6.0),
            ("votes", 0, 0),
        ]
        assert mine.influence == round(100 * 22 / 82) == influence.score_of(parts)

    def test_votes_between_members_who_vote_for_each_other_do_not_count(self):
        moment = now()
        votes = [deeds.Deed(moment, who("ben").id), deeds.Deed(moment, who("cleo").id)]
        from_ben = influence.unrelated(who("ada").id, votes, moment)
        assert from_ben == votes
        _vote_for("ada", "ben")
        assert influence.unrelated(who("ada").id, votes, moment) == votes[1:]

    def test_a_worn_score_is_computed_again_at_night(self):
        accept()
        counted("ada")
        mine = standing.of_member(who("ada").id)
        mine.influence, mine.influence_at = 90, now() - timedelta(days=1)
        db.session.flush()
        standing.on_standing_due(events.StandingDue())
        assert mine.influence == round(100 * 9 / 69)


def _vote_for(voter, author):
    from_author = _post_by(author)
    votes_module.vote_helpful(who(voter), from_author)
    db.session.flush()


def _post_by(name):
    return threads.reply(who(name), question("cleo"), body="Two drops.")


def test_two_workers_who_give_a_badge_at_once_give_it_once(app):
    def giving(wait):
        ada_id = who("ada").id
        wait()
        return badges.give(ada_id, "certified-1", now())

    outcome = at_once(app, giving, giving)
    assert sorted(outcome.returned) == [False, True]
    assert outcome.refused == []
    with app.app_context(), brand_scope(LUNE):
        assert len(awards()) == len(told("BadgeEarned")) == 1
