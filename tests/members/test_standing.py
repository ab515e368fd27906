"""What staff does about a member, over HTTP."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from community.events import MemberReinstated, MemberRoleChanged, MemberSuspended
from community.kernel.bus import EventRecord
from community.kernel.db import db, now
from community.members import privacy, roles
from community.members.models import FOR_GOOD, Role
from community.threads import service as threads
from community.threads.models import Category
from tests.conftest import who

ADA = "/m/ada/standing"
SUSPEND = {"act": "suspend", "days": "7", "reason": "Advertising in <three> threads"}


@pytest.fixture
def of(within):
    """`of("ada", "role")` is what is stored about somebody."""

    def stored(username, name, brand="lune"):
        with within(brand):
            return getattr(who(username), name)

    return stored


@pytest.fixture
def suspend(within):
    def shut_out(username="ada", days=7, actor="oli"):
        with within():
            roles.suspend(who(actor), who(username), days=days, reason="Advertising")
            db.session.commit()

    return shut_out


# -- Who gets there --------------------------------------------------------


@pytest.mark.parametrize(
    ("username", "member", "status"),
    [
        ("ben", "ada", 403),
        ("eve", "ada", 403),
        ("mod", "ada", 200),
        ("mod", "mod", 403),
        ("mod", "mia", 403),
        ("mia", "mod", 403),
        ("mia", "ada", 200),
        ("oli", "mod", 200),
        ("oli", "mia", 200),
        ("oli", "oli", 403),
        ("mod", "nobody", 404),
        ("ben", "nobody", 403),
    ],
)
def test_only_staff_with_something_to_do_gets_there(visit, username, member, status):
    path = f"/m/{member}/standing"
    browser = visit(username)
    assert browser.get(path).status_code == status
    link = f'href="{path}"'
    assert (link in browser.get(f"/m/{member}").text) is (status == 200)
    if status != 200:
        assert browser.post(path, data=SUSPEND).status_code == status


def test_a_stranger_is_asked_to_sign_in(visit):
    assert visit().get(ADA).status_code == 302
    assert visit().get(ADA).location.startswith("/login")


def test_a_suspended_moderator_does_nothing_to_anybody(visit, suspend, of):
    suspend("mod")
    assert visit("mod").get(ADA).status_code == 403
    assert visit("mod").post(ADA, data=SUSPEND).status_code == 403
    assert of("ada", "suspended_until") is None


def test_whoever_left_is_beyond_it(visit, within):
    with within():
        privacy.forget(who("ada"))
        db.session.commit()
    assert visit("oli").get(ADA).status_code == 410
    assert visit("oli").post(ADA, data=SUSPEND).status_code == 410


def test_another_spelling_leads_to_the_page(visit):
    answer = visit("mod").get("/m/ADA/standing")
    assert (answer.status_code, answer.location) == (301, ADA)


def test_each_part_of_the_page_is_for_who_may_use_it(visit):
    of_moderator = visit("mod").get(ADA).text
    assert 'value="suspend"' in of_moderator
    assert 'name="role"' not in of_moderator
    of_owner = visit("oli").get("/m/mia/standing").text
    assert 'name="role"' in of_owner
    assert 'value="suspend"' not in of_owner


# -- Suspending ------------------------------------------------------------


@pytest.mark.parametrize("days", [1, 3, 7, 30])
def test_a_member_is_shut_out_for_some_days(visit, of, told, days):
    moment = now()
    with time_machine.travel(moment, tick=False):
        answer = visit("mod").post(ADA, data=SUSPEND | {"days": str(days)})
    assert (answer.status_code, answer.location) == (303, "/m/ada")
    assert of("ada", "suspended_until") - moment == timedelta(days=days)
    assert of("ada", "suspended_reason") == "Advertising in <three> threads"
    assert of("ada", "suspended_until", "velora") is None
    assert told() == [MemberSuspended.__name__]


def test_a_suspension_may_last_until_somebody_ends_it(visit, of):
    visit("mod").post(ADA, data=SUSPEND | {"days": "open"})
    assert of("ada", "suspended_until") == FOR_GOOD


def test_staff_sees_on_the_profile_that_somebody_is_shut_out_and_why(visit):
    visit("mod").post(ADA, data=SUSPEND)
    seen = visit("mod").get("/m/ada").text
    assert "Suspended until" in seen
    assert "Advertising in &lt;three&gt; threads" in seen
    for other in (visit(), visit("ben")):
        assert "Advertising" not in other.get("/m/ada").text
        assert "uspended" not in other.get("/m/ada").text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"days": ""}, "Choose for how long."),
        ({"days": "2"}, "Not a valid choice."),
        ({"days": "9999"}, "Not a valid choice."),
        ({"reason": " \n "}, "Say why: the member will read it."),
        ({"reason": "Again and again. " * 40}, "500 characters at most"),
    ],
)
def test_a_suspension_that_cannot_be_is_refused_and_its_text_kept(visit, of, wrong, said):
    sent = SUSPEND | wrong
    answer = visit("mod").post(ADA, data=sent)
    assert answer.status_code == 422
    assert said in answer.text
    kept = sent["reason"].strip().replace("<", "&lt;").replace(">", "&gt;")
    assert f">\r\n{kept}" in answer.text or f">\n{kept}" in answer.text or not kept
    if sent["days"] == "7":
        assert 'checked id="days-2"' in answer.text
    assert of("ada", "suspended_until") is None


@pytest.mark.parametrize("act", ["", "erase", None])
def test_an_act_that_does_not_exist_is_refused(visit, of, act):
    data = {name: value for name, value in (SUSPEND | {"act": act}).items() if value is not None}
    assert visit("mod").post(ADA, data=data).status_code == 400
    assert of("ada", "suspended_until") is None


def test_a_running_suspension_is_shown_and_changed(visit, of, suspend):
    suspend(days=1)
    before = of("ada", "suspended_until")
    page = visit("mod").get(ADA).text
    assert "Suspended until" in page
    assert "Change the suspension" in page
    assert "\nAdvertising</textarea>" in page
    visit("mod").post(ADA, data=SUSPEND | {"days": "30"})
    assert of("ada", "suspended_until") > before + timedelta(days=28)


# -- What it means ---------------------------------------------------------


@pytest.fixture
def thread_id(within) -> int:
    with within():
        general = db.session.scalars(select(Category).where(Category.slug == "general")).one()
        thread = threads.start_thread(
            who("ben"), general, title="How long does it last?", body="Tell me."
        )
        db.session.commit()
        return thread.id


def test_whoever_is_shut_out_reads_why_and_may_do_nothing(visit, suspend, thread_id, within):
    suspend()
    browser, velora = visit("ada"), visit("ada", "velora")
    page = browser.get(f"/t/{thread_id}", follow_redirects=True)
    assert page.status_code == 200
    assert "suspended until" in page.text
    assert "Reason: Advertising" in page.text
    assert "suspended until" not in velora.get("/").text
    acts = {
        "/new": {"title": "Me again", "body": "Buy", "category": "general"},
        f"/t/{thread_id}/reply": {"body": "Buy"},
        "/posts/1/helpful": {},
        "/settings": {"name": "Ada", "username": "ada", "bio": "Buy"},
        "/settings/avatar/remove": {},
    }
    with within():
        before = db.session.query(EventRecord).count()
    for path, data in acts.items():
        assert browser.post(path, data=data).status_code == 403, path
    with within():
        assert db.session.query(EventRecord).count() == before
    assert browser.get("/settings/privacy").status_code == 200
    assert browser.post("/settings/privacy/data").status_code == 200


def test_whoever_is_let_in_again_takes_part(visit, suspend, thread_id, of, told):
    suspend(days=None)
    answer = visit("mod").post(ADA, data={"act": "reinstate"})
    assert (answer.status_code, answer.location) == (303, "/m/ada")
    assert (of("ada", "suspended_until"), of("ada", "suspended_reason")) == (None, "")
    assert told()[-1] == MemberReinstated.__name__
    assert visit("ada").post(f"/t/{thread_id}/reply", data={"body": "Thanks"}).status_code == 303


def test_letting_in_somebody_who_is_in_is_a_conflict(visit):
    assert visit("mod").post(ADA, data={"act": "reinstate"}).status_code == 409


# -- Roles -----------------------------------------------------------------


def test_an_owner_gives_roles(visit, of, told):
    page = visit("oli").get(ADA).text
    assert 'checked id="role-0"' in page
    answer = visit("oli").post(ADA, data={"act": "role", "role": "moderator"})
    assert (answer.status_code, answer.location) == (303, "/m/ada")
    assert of("ada", "role") == Role.MODERATOR
    assert of("ada", "role", "velora") == Role.MEMBER
    assert told() == [MemberRoleChanged.__name__]


@pytest.mark.parametrize("username", ["mod", "mia"])
def test_others_of_the_team_give_none(visit, of, username):
    answer = visit(username).post(ADA, data={"act": "role", "role": "owner"})
    assert answer.status_code == 403
    assert of("ada", "role") == Role.MEMBER


@pytest.mark.parametrize("role", ["king", ""])
def test_a_role_that_does_not_exist_is_refused(visit, of, role):
    answer = visit("oli").post(ADA, data={"act": "role", "role": role})
    assert answer.status_code == 422
    assert 'href="#role"' in answer.text
    assert 'id="role"' in answer.text
    assert of("ada", "role") == Role.MEMBER


def test_an_owner_suspends_a_moderator_but_no_manager(visit, of):
    assert visit("oli").post("/m/mod/standing", data=SUSPEND).status_code == 303
    assert visit("oli").post("/m/mia/standing", data=SUSPEND).status_code == 403
    assert of("mia", "suspended_until") is None
