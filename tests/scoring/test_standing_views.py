"""Pages of standing: boards, missions, badges, the profile, and their back office."""

import pytest

from community.kernel.db import db, writing
from community.kernel.tenancy import brand_scope
from community.scoring import badges, ranks
from community.scoring.standing_models import BadgeAward, Rank
from tests.conftest import who
from tests.factories import LUNE, VELORA, person
from tests.scoring.acts import counted, give
from tests.threads.acting import questions

BOARD = "/leaderboard?period=all"


@pytest.fixture
def scored(app):
    """In both brands Ada has most points, Ben as many as Cleo; only in Lune has Eve any."""
    for brand in (LUNE, VELORA):
        with app.app_context(), writing(), brand_scope(brand):
            give("ada", 300, rule="answer_accepted", giver="ben")
            give("ben", 20)
            give("cleo", 20)
            if brand == LUNE:
                give("eve", 7)
            counted("ada", "ben", "cleo", *(["eve"] if brand == LUNE else []))
            db.session.commit()


@pytest.mark.usefixtures("scored")
class TestBoard:
    def test_a_stranger_reads_who_helps_most_in_this_brand_alone(self, visit):
        page = visit().get(BOARD).text
        assert [f"/m/{name}" in page for name in ("ada", "ben", "cleo", "eve")] == [True] * 4
        assert "/m/eve" not in visit(brand="velora").get(BOARD).text

    def test_a_member_reads_the_own_place_and_what_is_missing_to_the_next(self, visit):
        page = visit("eve").get(BOARD).text
        assert "You are in place 3" in page
        assert "13 points to the place above" in page

    def test_leaving_the_boards_is_one_switch_and_coming_back_too(self, visit):
        browser = visit("eve")
        assert browser.post("/leaderboard/me", data={"sent": "1"}).status_code == 303
        page = browser.get(BOARD).text
        assert "You chose not to appear" in page
        assert "You are in place" not in page
        browser.post("/leaderboard/me", data={"is_listed": "y"})
        assert "You are in place 3" in browser.get(BOARD).text

    @pytest.mark.parametrize("asked", ["period=never", "section=nowhere", "section=office"])
    def test_a_board_nobody_knows_is_that_of_the_month_everywhere(self, visit, asked):
        page = visit().get(f"/leaderboard?{asked}")
        assert page.status_code == 200
        assert "Office" not in page.text

    def test_a_board_without_points_says_what_to_do(self, visit):
        page = visit().get("/leaderboard?period=all&section=general").text
        assert "Nobody has points here yet" in page

    def test_the_page_asks_the_database_the_same_number_of_times_for_any_number_of_rows(
        self, visit, app
    ):
        browser = visit("ada")
        browser.get(BOARD)
        with app.app_context(), questions() as few:
            browser.get(BOARD)
        with app.app_context(), writing(), brand_scope(LUNE):
            for number in range(20):
                db.session.add(person(f"more{number}"))
            db.session.flush()
            for number in range(20):
                give(f"more{number}", number + 1)
            counted(*(f"more{number}" for number in range(20)))
            db.session.commit()
        with app.app_context(), questions() as many:
            page = browser.get(BOARD).text
        assert "More19" in page
        assert len(many) == len(few) <= 12


@pytest.mark.usefixtures("scored")
class TestProfile:
    def test_the_own_profile_explains_influence_line_by_line_and_the_way_to_the_next_rank(
        self, visit
    ):
        page = visit("ada").get("/m/ada").text
        assert "1 accepted answer" in page
        assert "Next rank: Entraideur" in page
        assert "1 more accepted answer" in page

    def test_others_read_the_score_and_not_what_it_is_made_of(self, visit):
        page = visit("ben").get("/m/ada").text
        assert "Influence" in page
        assert "How it is computed" not in page
        assert "Next rank" not in page

    def test_the_team_has_no_standing(self, visit):
        assert "Influence" not in visit("ada").get("/m/mod").text

    def test_a_badge_taken_back_stays_with_its_date_and_reason(self, visit, app):
        with app.app_context(), brand_scope(LUNE):
            award_id = db.session.query(BadgeAward.id).filter_by(member_id=who("ada").id).scalar()
        browser = visit("mod")
        assert browser.post(f"/badges/{award_id}/revoke", data={"reason": ""}).status_code == 422
        given = {"reason": "Friends voted."}
        assert browser.post(f"/badges/{award_id}/revoke", data=given).status_code == 303
        assert "Friends voted." in visit("ben").get("/m/ada").text
        assert visit("mod", brand="velora").get(f"/badges/{award_id}/revoke").status_code == 404


class TestOtherPages:
    @pytest.mark.parametrize("path", ["/missions", "/badges", "/leaderboard/seasons"])
    @pytest.mark.parametrize("name", [None, "ada", "mod"])
    def test_everybody_reads_them(self, visit, path, name):
        assert visit(name).get(path).status_code == 200


LINES = {
    "name-0": "Novice",
    "threshold-0": "0",
    "accepted-0": "0",
    "icon-0": "leaf",
    "name-1": "Captain",
    "threshold-1": "100",
    "accepted-1": "1",
    "icon-1": "star",
    "trust-1": "on",
    "name-2": "",
    "threshold-2": "",
}


class TestBackOffice:
    def test_a_manager_makes_another_ladder(self, visit, app):
        assert visit("mia").post("/admin/ranks", data=LINES).status_code == 303
        with app.app_context(), brand_scope(LUNE):
            made = [(rank.name, rank.threshold, rank.unlocks) for rank in ranks.ladder()]
            assert made == [("Novice", 0, ""), ("Captain", 100, "trust")]
        with app.app_context(), brand_scope(VELORA):
            assert db.session.query(Rank).count() == 0

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"threshold-1": "many"}, "whole numbers"),
            ({"threshold-1": "0"}, "same number of points"),
            ({"name-1": ""}, "needs a name"),
            ({"threshold-0": "5"}, "begin at 0 points"),
        ],
    )
    def test_what_makes_no_sense_is_said_and_what_was_typed_stays(self, visit, wrong, said):
        answer = visit("mia").post("/admin/ranks", data=LINES | wrong)
        assert answer.status_code == 422
        assert said in answer.text
        assert "Novice" in answer.text

    def test_a_badge_gets_the_brands_name_and_a_mission_its_number(self, visit, app):
        typed = {f"name-{key}": "" for key in badges.CONDITIONS}
        typed |= {f"on-{key}": "on" for key in badges.CONDITIONS}
        typed |= {
            "name-one-year": "Old hand",
            "target-answer-waiting": "7",
            "target-thank-five": "5",
        }
        typed |= {"target-accept-one": "0"}
        answer = visit("mia").post("/admin/badges", data=typed)
        assert (answer.status_code, "Old hand" in answer.text) == (422, True)
        typed |= {"target-accept-one": "1", "on-answer-waiting": "on"}
        assert visit("mia").post("/admin/badges", data=typed).status_code == 303
        assert "Old hand" in visit().get("/badges").text
        missions = visit("ada").get("/missions").text
        assert "0 of 7" in missions
        assert "Say thank you" not in missions

    def test_old_badges_are_given_at_a_press_of_a_button(self, visit):
        assert visit("mia").post("/admin/badges/backfill").status_code == 303
        assert visit("mod").post("/admin/badges/backfill").status_code == 403

    @pytest.mark.parametrize("path", ["/admin/ranks", "/admin/badges"])
    def test_moderators_see_neither(self, visit, path):
        assert visit("mod").get(path).status_code == 403
        assert visit("mia").get(path).status_code == 200
