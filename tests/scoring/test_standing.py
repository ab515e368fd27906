"""Ranks, badges, missions, boards and influence follow what members do for each other."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from community import events
from community.kernel.db import db, now
from community.kernel.errors import Forbidden, Invalid
from community.members.models import Role
from community.scoring import boards, missions, ranks, seasons, standing
from community.scoring.standing_models import (
    BadgeAward,
    MemberPeriodScore,
    MemberStanding,
    Mission,
    MissionState,
    Season,
    SeasonPlace,
    Span,
)
from community.threads import service as threads
from community.threads import votes
from community.threads.models import Category
from tests.conftest import who
from tests.scoring.acts import counted, give, question, take_back, told

pytestmark = pytest.mark.usefixtures("in_lune")


def names_on(board):
    return [(row.place, row.member.username if row.member else None) for row in board.rows]


class TestRanks:
    def test_points_give_a_rank_and_the_member_carries_its_name(self):
        give("ada", 60)
        counted("ada")
        assert who("ada").rank == ranks.rank_of(who("ada").id).name == "Habitué"
        assert [event["rank_id"] for event in told("RankReached")] == [
            ranks.rank_of(who("ada").id).id
        ]

    def test_a_rank_that_asks_for_accepted_answers_is_not_reached_with_points_alone(self):
        give("ada", 400)
        counted("ada")
        assert who("ada").rank == "Habitué"
        step = ranks.step_of(who("ada").id)
        assert (step.points_missing, step.accepted_missing) == (0, 2)
        give("ada", 15, rule="answer_accepted")
        give("ada", 15, rule="answer_accepted")
        counted("ada")
        assert who("ada").rank == "Entraideur"

    def test_falling_is_silent_and_takes_what_the_rank_opened(self):
        line = give("ada", 60)
        counted("ada")
        assert who("ada").unlocks == "trust"
        take_back(line)
        counted("ada")
        assert (who("ada").rank, who("ada").unlocks) == ("Nouveau venu", "")
        assert len(told("RankReached")) == 1

    def test_a_trusted_rank_ends_the_limits_of_new_members(self):
        ada = who("ada")
        ada.created_at = now() - timedelta(hours=1)
        assert ada.is_new
        give("ada", 60)
        counted("ada")
        assert not ada.is_new

    def test_a_high_rank_changes_posts_for_longer(self):
        ada = who("ada")
        assert ada.edit_window == timedelta(days=30)
        ada.unlocks = "trust long-edit"
        assert ada.edit_window == timedelta(days=90)

    def test_a_changed_ladder_gives_ranks_again_in_silence(self):
        give("ada", 60)
        counted("ada")
        lines = [
            ranks.Given(None, "Everybody", "leaf", 0, 0, ""),
            ranks.Given(None, "Half a hundred", "star", 50, 0, ""),
        ]
        ranks.change_ladder(who("mia"), lines)
        db.session.flush()
        standing.on_ladder_changed(events.LadderChanged(after_id=0))
        assert who("ada").rank == "Half a hundred"
        assert [event["is_told"] for event in told("RankReached")] == [True, False]

    @pytest.mark.parametrize(
        "lines",
        [
            [],
            [("One", 10)],
            [("One", 0), ("one ", 10)],
            [("One", 0), ("Two", 0)],
            [(" ", 0)],
            [("x" * 41, 0)],
        ],
    )
    def test_a_ladder_that_makes_no_sense_is_refused(self, lines):
        given = [ranks.Given(None, name, "leaf", points, 0, "") for name, points in lines]
        with pytest.raises(Invalid):
            ranks.change_ladder(who("mia"), given)

    def test_only_managers_change_the_ladder(self):
        with pytest.raises(Forbidden):
            ranks.change_ladder(who("mod"), [])


class TestBoards:
    def test_as_many_points_share_a_place_and_who_had_them_first_stands_first(self):
        moment = now()
        give("ben", 20, at=moment)
        give("ada", 20, at=moment - timedelta(seconds=5))
        give("cleo", 10, at=moment)
        counted("ada", "ben", "cleo")
        board = boards.board(who("cleo"), Span.ALL)
        assert names_on(board) == [(1, "ada"), (1, "ben"), (2, "cleo")]
        assert (board.me.place, board.to_next) == (2, 10)

    def test_a_line_of_the_ledger_is_counted_once_however_often_it_is_announced(self):
        give("ada", 20)
        counted("ada")
        counted("ada", "ada")
        assert boards.board(who("ada"), Span.ALL).me.points == 20

    def test_a_line_counts_in_the_period_it_happened_in(self):
        give("ada", 20, at=now() - timedelta(days=120))
        give("ada", 3)
        counted("ada")
        points = {span: boards.board(who("ada"), span).me.points for span in Span}
        assert points == {Span.WEEK: 3, Span.MONTH: 3, Span.SEASON: 3, Span.ALL: 23}

    def test_a_section_has_its_own_board(self):
        general = db.session.scalars(select(Category).where(Category.slug == "general")).one()
        give("ada", 20)
        give("ben", 5, section_id=general.id)
        counted("ada", "ben")
        of_section = boards.board(who("ada"), Span.ALL, section_id=general.id)
        assert names_on(of_section) == [(1, "ben")]
        assert of_section.me is None

    def test_whoever_prefers_not_to_appear_is_on_no_board_and_keeps_the_points(self):
        give("ada", 20)
        give("ben", 5)
        counted("ada", "ben")
        ada = who("ada")
        boards.choose_listing(ada, standing.held(ada.id), wants_listing=False)
        board = boards.board(ada, Span.ALL)
        assert (names_on(board), board.me) == ([(1, "ben")], None)
        give("ada", 1)
        counted("ada")
        assert names_on(boards.board(ada, Span.ALL)) == [(1, "ben")]
        boards.choose_listing(ada, standing.held(ada.id), wants_listing=True)
        assert boards.board(ada, Span.ALL).me.points == 21

    def test_nobody_chooses_for_somebody_else(self):
        with pytest.raises(Forbidden):
            boards.choose_listing(who("oli"), standing.held(who("ada").id), wants_listing=False)

    def test_staff_and_suspended_members_are_on_no_board(self):
        for name in ("ada", "ben", "mod"):
            give(name, 20)
        counted("ada", "ben", "mod")
        ada, ben = who("ada"), who("ben")
        ada.role = Role.MODERATOR
        ben.suspended_until = now() + timedelta(hours=1)
        db.session.flush()
        for member in (ada, ben):
            standing.on_role_or_suspension(
                events.MemberReinstated(member_id=member.id, reinstated_by_id=who("oli").id)
            )
        assert boards.board(who("cleo"), Span.ALL).rows == []

    def test_a_suspension_that_ran_out_by_itself_ends_the_absence(self):
        give("ben", 20)
        counted("ben")
        ben = who("ben")
        ben.suspended_until = now() - timedelta(minutes=1)
        db.session.get(MemberPeriodScore, (ben.id, Span.ALL, "all", 0)).is_listed = False
        db.session.flush()
        standing.on_standing_due(events.StandingDue())
        assert names_on(boards.board(ben, Span.ALL)) == [(1, "ben")]

    def test_a_private_profile_keeps_its_place_without_a_name(self):
        give("ada", 20)
        give("ben", 5)
        counted("ada", "ben")
        who("ada").is_profile_public = False
        assert names_on(boards.board(who("ben"), Span.ALL)) == [(1, None), (2, "ben")]

    def test_negative_points_are_on_no_board(self):
        give("ada", -5)
        counted("ada")
        assert boards.board(who("ada"), Span.ALL).rows == []


class TestSeasons:
    def test_a_season_that_is_over_keeps_its_podium(self):
        give("ada", 20, at=now() - timedelta(days=100))
        counted("ada")
        theirs = select(MemberPeriodScore).where(
            MemberPeriodScore.member_id == who("ada").id,
            MemberPeriodScore.span == Span.SEASON,
        )
        score = db.session.scalars(theirs).one()
        season = Season(
            period=score.period,
            starts_at=now() - timedelta(days=110),
            ends_at=now() - timedelta(minutes=1),
        )
        db.session.add(season)
        db.session.flush()
        for _twice in range(2):
            standing.on_standing_due(events.StandingDue())
        kept = db.session.scalars(select(SeasonPlace)).all()
        assert [(place.member_id, place.place, place.points) for place in kept] == [
            (who("ada").id, 1, 20)
        ]
        assert told("SeasonClosed") == [{"season_id": season.id}]
        assert seasons.past() == [season]

    def test_the_season_going_on_is_written_down_once(self):
        seasons.begin()
        seasons.begin()
        assert len(db.session.scalars(select(Season)).all()) == 1


class TestMissions:
    def test_three_first_answers_finish_a_mission(self):
        for number in range(3):
            thread = question(title=f"Question number {number}")
            post = threads.reply(who("ben"), thread, body="Two drops.")
            standing.on_post(events.PostAdded(**_fields_of(events.PostAdded, post)))
        mission = db.session.scalars(select(Mission)).one()
        assert (mission.key, mission.progress, mission.state) == (
            "answer-waiting",
            3,
            MissionState.DONE,
        )
        assert told("MissionDone") == [{"member_id": who("ben").id, "mission_id": mission.id}]

    def test_a_second_answer_is_no_step(self):
        thread = question()
        threads.reply(who("cleo"), thread, body="One drop.")
        threads.reply(who("ben"), thread, body="Two drops.")
        missions.count(who("ben").id, ["answer-waiting"])
        assert db.session.scalars(select(Mission)).all() == []

    def test_votes_for_one_person_are_one_step(self):
        thread = question("ada")
        for number in range(2):
            votes.vote_helpful(who("ben"), threads.reply(who("ada"), thread, body=f"No. {number}"))
        missions.count(who("ben").id, ["thank-five"])
        mission = db.session.scalars(select(Mission)).one()
        assert (mission.progress, mission.target) == (1, 5)

    def test_what_is_not_done_in_its_time_expires(self):
        votes.vote_helpful(who("ben"), threads.reply(who("ada"), question("ada"), body="No."))
        missions.count(who("ben").id, ["thank-five"])
        mission = db.session.scalars(select(Mission)).one()
        mission.ends_at = now() - timedelta(seconds=1)
        db.session.flush()
        missions.expire()
        assert mission.state is MissionState.EXPIRED
        missions.count(who("ben").id, ["thank-five"])
        assert mission.state is MissionState.EXPIRED
        assert missions.past(who("ben").id) == [mission]

    def test_accepting_an_answer_is_a_mission_of_the_month(self):
        thread = question("ada")
        threads.reply(who("ben"), thread, body="Two drops.").is_accepted = True
        db.session.flush()
        missions.count(who("ada").id, ["accept-one"])
        assert [offer.is_done for offer in missions.on_offer(who("ada").id)] == [
            False,
            False,
            True,
        ]

    def test_a_mission_that_is_off_is_not_offered(self):
        missions.change(who("mia"), "thank-five", target=5, is_on=False)
        db.session.flush()
        assert [offer.key for offer in missions.on_offer(who("ada").id)] == [
            "answer-waiting",
            "accept-one",
        ]


class TestErasure:
    def test_nothing_says_how_an_erased_member_stood(self):
        give("ada", 60, rule="answer_accepted")
        counted("ada")
        ada = who("ada")
        assert standing.export(ada)
        standing.forget_member(events.MemberErased(member_id=ada.id))
        assert (ada.rank, ada.unlocks) == ("", "")
        for model in (MemberStanding, MemberPeriodScore, BadgeAward):
            assert db.session.scalars(select(model)).all() == []


def _fields_of(event_type, post):
    known = {
        "post_id": post.id,
        "thread_id": post.thread_id,
        "author_id": post.author_id,
    }
    return {name: known[name] for name in event_type.__dataclass_fields__ if name in known}
