"""The page of notices, the badge, and the links of mails."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import event, func, select, update

from community.kernel.db import db, now
from community.notifications import queries, service, unsubscribing
from community.notifications.models import Notification
from community.threads import removal
from community.threads.models import Category, Follow
from tests.conftest import who
from tests.factories import LUNE, VELORA


def unread(here, username="ada") -> int:
    with here.open():
        return queries.unread_count(who(username))


def newest(here) -> int:
    with here.open():
        return db.session.scalar(select(func.max(Notification.id)))


def html(client, address="/notifications") -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.get_data(as_text=True)


@pytest.fixture
def busy(lune):
    """Ada started two threads; Ben and Cleo replied in one, Eve mentions her in the other."""
    one = lune.start("ada", title="Night serum in summer")
    lune.reply("ben", one, body="First words")
    lune.reply("cleo", one, body="Second words")
    two = lune.start("eve", title="Sun cream for the winter", body="What do you say, @ada?")
    lune.settle()
    return one, two


# -- The page --------------------------------------------------------------


def test_a_stranger_is_asked_to_sign_in(visit):
    response = visit().get("/notifications")
    assert response.status_code == 302
    assert "/login" in response.location


def test_a_quiet_page_says_so_and_shows_the_way_on(visit):
    assert "All quiet" in html(visit("ada"))


def test_replies_in_one_thread_stand_together(busy, visit):
    page = html(visit("ada"))
    assert page.count('class="notif"') == 2
    assert "<b>Cleo</b> and 1 other person replied in “Night serum in summer”" in page
    assert "<b>Eve</b> mentioned you in “Sun cream for the winter”" in page
    assert "Today" in page


def test_the_page_of_one_brand_knows_nothing_of_the_other(busy, visit):
    assert "All quiet" in html(visit("ada", brand="velora"))


@pytest.mark.parametrize("reader", ["ben", "oli"])
def test_nobody_sees_the_notices_of_others(busy, visit, reader):
    assert "Sun cream for the winter" not in html(visit(reader))


def test_filters_show_what_they_say(busy, visit, lune):
    ada = visit("ada")
    mentions = html(ada, "/notifications?only=mentions")
    assert mentions.count('class="notif"') == 1 and "Sun cream" in mentions
    ada.post("/notifications/read", data={"up_to": newest(lune)})
    assert "There is nothing unread." in html(ada, "/notifications?only=unread")
    assert html(ada).count('class="notif"') == 2


def test_a_page_that_does_not_exist_is_missing(busy, visit):
    ada = visit("ada")
    for query in ("only=nonsense", "page=0", "page=x", "page=2", "page=-1", f"page={'9' * 40}"):
        assert ada.get(f"/notifications?{query}").status_code == 404


def test_days_are_those_of_the_readers_calendar(lune, visit):
    lune.change("ada", time_zone="Pacific/Kiritimati")
    lune.reply("ben", lune.start("ada"))
    lune.settle()
    with lune.open():
        moment = now().replace(year=2026, month=3, day=4, hour=11, minute=0)
        db.session.execute(update(Notification).values(created_at=moment))
    assert "5 March 2026" in html(visit("ada"))


def test_a_long_list_has_pages_that_do_not_overlap(lune, visit):
    for number in range(31):
        lune.reply("ben", lune.start("ada", title=f"Thread number {number:02d} of many"))
    lune.settle()
    ada = visit("ada")
    titles = [
        set(re.findall(r"Thread number \d\d", html(ada, f"/notifications?page={page}")))
        for page in (1, 2)
    ]
    assert [len(found) for found in titles] == [30, 1]
    assert not titles[0] & titles[1]


def test_the_page_takes_a_fixed_number_of_statements(lune, visit, app):
    def statements() -> int:
        seen = []
        ada = visit("ada")
        ada.get("/robots.txt")  # host names are remembered from here on
        with app.app_context():
            engine = db.engine
        listener = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", listener)
        html(ada)
        event.remove(engine, "before_cursor_execute", listener)
        return len(seen)

    lune.reply("ben", lune.start("ada"))
    lune.settle()
    few = statements()
    for number in range(8):
        lune.reply("cleo", lune.start("ada", title=f"Thread number {number} of many"))
    lune.settle()
    assert statements() == few <= 10


# -- Unread ----------------------------------------------------------------


def test_the_bell_counts_what_is_unread(busy, visit, lune):
    assert "Notifications, 3 unread" in html(visit("ada"), "/notifications")
    assert unread(lune) == 3
    header = html(visit("cleo"), "/notifications?only=mentions").split("</header>")[0]
    assert "Notifications, " not in header


def test_opening_a_notice_marks_its_thread_read_and_leads_to_the_first_unread_post(
    busy, visit, lune
):
    one, _two = busy
    with lune.open():
        notice = db.session.scalars(
            select(Notification).where(Notification.member_id == who("ada").id)
        ).all()[1]
        first = db.session.scalars(select(Notification)).first()
        ids = notice.id, first.post_id
    response = visit("ada").post(f"/notifications/{ids[0]}")
    assert response.status_code == 303
    assert urlsplit(response.location).path.startswith(f"/t/{one}/")
    assert f"post={ids[1]}" in response.location
    assert unread(lune) == 1


def test_opening_a_notice_leaves_newer_ones_of_the_thread_unread(busy, visit, lune):
    one, _two = busy
    with lune.open():
        first = db.session.scalars(
            select(Notification.id).where(Notification.member_id == who("ada").id)
        ).first()
    lune.reply("eve", one, body="Third words")
    lune.settle()
    visit("ada").post(f"/notifications/{first}")
    assert unread(lune) == 3


def test_marking_all_read_spares_what_came_since_the_page_was_made(busy, visit, lune):
    seen = newest(lune)
    lune.start("ben", title="Quite a new thread here", body="And @ada?")
    lune.settle()
    response = visit("ada").post("/notifications/read", data={"up_to": seen})
    assert response.status_code == 303
    assert unread(lune) == 1


def test_marking_all_read_with_nonsense_breaks_nothing(busy, visit, lune):
    ada = visit("ada")
    for data in ({}, {"up_to": ""}, {"up_to": "x"}, {"up_to": "-1"}, {"up_to": "0x10"}):
        assert ada.post("/notifications/read", data=data).status_code == 303
    assert unread(lune) == 3
    assert ada.post("/notifications/read", data={"up_to": "9" * 40}).status_code == 303
    assert ada.post(f"/notifications/{'9' * 40}").status_code == 404


def test_nobody_marks_the_notices_of_others(busy, visit, lune, velora):
    notice = newest(lune)
    assert visit("ben").post(f"/notifications/{notice}").status_code == 404
    assert visit("ada", brand="velora").post(f"/notifications/{notice}").status_code == 404
    visit("ben").post("/notifications/read", data={"up_to": notice})
    assert unread(lune) == 3


def test_reading_the_page_changes_nothing(busy, visit, lune):
    ada = visit("ada")
    html(ada)
    html(ada, "/notifications?only=unread")
    assert ada.get(f"/notifications/{newest(lune)}").status_code == 405
    assert ada.get("/notifications/read").status_code == 405
    assert unread(lune) == 3


# -- What is hidden --------------------------------------------------------


@pytest.mark.parametrize("act", [removal.hide, removal.delete])
@pytest.mark.parametrize("reader", ["ada", "mia"])
def test_a_removed_post_takes_its_notices_with_it_and_brings_them_back(lune, visit, act, reader):
    lune.start("eve", title="Regrettable words here", body="Shameful for @ada and @mia")
    lune.settle()
    browser, post = visit(reader), newest(lune)
    with lune.open():
        post = db.session.get_one(Notification, post).post_id
    assert "Shameful" in html(browser)
    lune.act(act, "mod", post, reason="Not for this place at all")
    page = html(browser)
    assert "Shameful" not in page and "Regrettable" not in page
    assert unread(lune, reader) == 0
    lune.act(removal.restore, "mod", post)
    assert "Shameful" in html(browser)
    assert unread(lune, reader) == 1


def test_a_removed_thread_takes_the_notices_of_its_replies_with_it(busy, visit, lune):
    one, _two = busy
    lune.act(removal.hide, "mod", lune.opening(one), reason="Not for this place at all")
    assert "Night serum" not in html(visit("ada"))
    assert unread(lune) == 1


def test_a_section_that_closes_takes_its_notices_with_it(busy, visit, lune):
    with lune.open():
        db.session.execute(update(Category).values(visible_to="staff"))
    assert "All quiet" in html(visit("ada"))
    assert unread(lune) == 0


def test_a_notice_of_a_removed_post_cannot_be_opened(lune, visit):
    thread = lune.start("eve", body="Hello @ada")
    lune.settle()
    lune.act(removal.hide, "mod", lune.opening(thread), reason="Not for this place at all")
    assert visit("ada").post(f"/notifications/{newest(lune)}").status_code == 404


# -- Choosing mails --------------------------------------------------------


def test_what_is_mailed_is_chosen_beside_the_list(visit, lune):
    ada = visit("ada")
    assert ada.post("/notifications/mails", data={"mails_mentions": "y"}).status_code == 303
    with lune.open():
        assert (who("ada").mails_mentions, who("ada").mails_replies) == (True, False)


# -- Links of mails --------------------------------------------------------


@pytest.fixture
def link(lune):
    """The path of the link that stops something for Ada."""

    def path(what):
        with lune.open():
            thing = what
            if isinstance(what, int):
                thing = db.session.get_one(unsubscribing.Thread, what)
            return urlsplit(unsubscribing.address(who("ada"), thing)).path

    return path


def wants(here) -> tuple[bool, bool, int]:
    with here.open():
        ada = who("ada")
        followed = select(func.count()).select_from(Follow).where(Follow.member_id == ada.id)
        return ada.mails_mentions, ada.mails_replies, db.session.scalar(followed)


def test_opening_the_link_changes_nothing(visit, lune, link):
    thread = lune.start("ada")
    for what in ("mails_mentions", "mails_replies", thread):
        page = html(visit(), link(what))
        assert "Nothing changes until you press the button." in page
    assert wants(lune) == (True, True, 1)


def test_one_click_in_a_mail_program_stops_it_without_signing_in(app, visit, lune, link):
    app.config["WTF_CSRF_ENABLED"] = True
    address = link("mails_replies")
    for _twice in range(2):
        response = visit().post(address, data={"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200
    assert wants(lune) == (True, False, 0)


def test_the_link_in_a_mail_is_the_one_that_stops_it(visit, lune, postbox):
    lune.start("ben", body="Hello @ada")
    lune.settle()
    address = postbox.messages[0]["List-Unsubscribe"].strip("<>")
    visit().post(urlsplit(address).path)
    lune.start("ben", title="Once more for everyone", body="Hello again @ada")
    lune.settle()
    assert len(postbox.messages) == 1


def test_the_link_of_a_thread_stops_that_thread_alone(visit, lune, link):
    one, _two = lune.start("ada"), lune.start("ada", title="Another thread of mine")
    assert "You no longer follow" in visit().post(link(one)).get_data(as_text=True)
    assert wants(lune) == (True, True, 1)


def test_the_link_outlives_a_change_of_address(visit, lune, link):
    address = link("mails_mentions")
    lune.change("ada", email="other@example.com", email_key="other@example.com")
    assert visit().post(address).status_code == 200
    assert wants(lune)[0] is False


def test_the_link_names_no_thread_its_member_may_not_see_any_more(visit, lune, link):
    thread = lune.start("ada", title="What only staff may read")
    address = link(thread)
    with lune.open():
        db.session.execute(update(Category).values(visible_to="staff"))
    assert "What only staff" not in html(visit(), address)
    assert visit().post(address).status_code == 200


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_of_one_brand_opens_nothing_in_the_other(visit, lune, velora, link, method):
    assert getattr(visit(brand="velora"), method)(link("mails_replies")).status_code == 404
    assert wants(velora) == (True, True, 0)


def test_a_made_up_link_is_missing(visit):
    client = visit()
    for token in ("x", "W10.x", "WzEsICJhIl0", "%00", "a" * 500):
        for method in (client.get, client.post):
            assert method(f"/unsubscribe/{token}").status_code == 404


def test_the_link_of_someone_who_left_is_missing(visit, lune, link):
    address = link("mails_replies")
    lune.change("ada", erased_at=now(), email=None, email_key=None)
    assert visit().post(address).status_code == 404


# -- Time ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read_days", "made_days", "stays"),
    [(59, 59, True), (61, 61, False), (None, 179, True), (None, 181, False)],
)
@pytest.mark.parametrize("brand_id", [LUNE, VELORA])
def test_notices_are_kept_for_their_time(community, brand_id, read_days, made_days, stays):
    here, other = community(brand_id), community(LUNE + VELORA - brand_id)
    for each in (here, other):
        each.start("ben", body="Hello @ada")
        each.settle()
        with each.open():
            read_at = None if read_days is None else now() - timedelta(days=read_days)
            made_at = now() - timedelta(days=made_days)
            db.session.execute(update(Notification).values(created_at=made_at, read_at=read_at))
    with here.open():
        service.forget_old(service.DayBegan())
    assert bool(here.told()) is stays
    assert len(other.told()) == 1


@pytest.mark.parametrize(("days", "stays"), [(29, True), (31, False), (91, False)])
def test_deliveries_and_lines_about_mail_go_after_their_time(lune, days, stays):
    lune.start("ben", body="Hello @ada")
    lune.settle()
    moment = now() - timedelta(days=days)
    with lune.open():
        db.session.execute(update(service.Delivery).values(done_at=moment))
        db.session.execute(update(service.Mail).values(created_at=moment))
        service.forget_old(service.DayBegan())
        kept = db.session.scalar(select(func.count()).select_from(service.Delivery))
        assert bool(kept) is stays
    assert bool(lune.mails()) is (days < 90)


def test_the_export_tells_a_member_what_they_were_told(busy, lune):
    with lune.open():
        told = service.export(who("ada"))
        assert [line["reason"] for line in told] == ["reply", "reply", "mention"]
        assert service.export(who("eve")) == []
