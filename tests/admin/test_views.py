"""The back office over HTTP."""

import re

import pytest

from community import wiring
from community.admin import log
from community.events import MemberSuspended, PostAdded
from community.kernel import bus
from community.kernel.bus import Delivery
from community.kernel.db import db, now
from community.kernel.tenancy import brand_scope
from community.threads import removal
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.saying import a_reply, a_thread


@pytest.fixture
def parked(app):
    """A delivery that was given up, in each brand; yields {brand: id}."""
    ids = {}
    for brand_id in (LUNE, VELORA):
        with app.app_context(), brand_scope(brand_id):
            bus.publish(PostAdded(post_id=1, thread_id=1, author_id=who("ada").id))
            db.session.flush()
            delivery = db.session.query(Delivery).first()
            delivery.due_at, delivery.parked_at = None, now()
            delivery.attempts, delivery.error = 10, f"OSError: CRM {brand_id} down"
            db.session.commit()
            ids[brand_id] = delivery.id
    return ids


def delivery(app, delivery_id, brand_id=LUNE) -> Delivery:
    with app.app_context(), brand_scope(brand_id):
        found = db.session.get(Delivery, delivery_id)
        db.session.expunge(found)
    return found


class TestWhoMayEnter:
    @pytest.mark.parametrize("path", ["/admin/", "/admin/deliveries", "/admin/removed"])
    def test_staff_only(self, visit, path):
        assert visit("mod").get(path).status_code == 200
        assert visit("mia").get(path).status_code == 200
        assert visit("ada").get(path).status_code == 403
        assert visit("eve").get(path).status_code == 403

    def test_a_stranger_is_sent_to_sign_in_and_back(self, visit):
        answer = visit().get("/admin/deliveries")
        assert answer.status_code == 302
        assert "/login?next=" in answer.location


class TestDeliveries:
    def test_those_given_up_are_listed_with_their_error(self, visit, parked):
        page = visit("mia").get("/admin/deliveries").text
        assert "PostAdded" in page
        assert f"CRM {LUNE} down" in page
        assert f"CRM {VELORA} down" not in page

    def test_the_menu_counts_them(self, visit, parked):
        assert 'data-s="late">1<' in visit("mod").get("/admin/").text

    def test_a_manager_sends_one_again(self, app, visit, parked):
        answer = visit("mia").post(f"/admin/deliveries/{parked[LUNE]}/replay")
        assert answer.status_code == 303
        again = delivery(app, parked[LUNE])
        assert (again.parked_at, again.attempts) == (None, 0)
        assert again.due_at is not None

    def test_all_are_sent_again_at_once(self, app, visit, parked):
        visit("mia").post("/admin/deliveries/replay")
        assert delivery(app, parked[LUNE]).parked_at is None
        assert delivery(app, parked[VELORA], VELORA).parked_at is not None

    def test_a_moderator_may_look_and_not_send(self, app, visit, parked):
        answer = visit("mod").post(f"/admin/deliveries/{parked[LUNE]}/replay")
        assert answer.status_code == 403
        assert delivery(app, parked[LUNE]).parked_at is not None

    def test_one_of_another_brand_does_not_exist(self, app, visit, parked):
        answer = visit("mia").post(f"/admin/deliveries/{parked[VELORA]}/replay")
        assert answer.status_code == 404
        assert delivery(app, parked[VELORA], VELORA).parked_at is not None

    def test_one_that_is_not_parked_is_not_sent_twice(self, visit, parked):
        mia = visit("mia")
        mia.post(f"/admin/deliveries/{parked[LUNE]}/replay")
        assert mia.post(f"/admin/deliveries/{parked[LUNE]}/replay").status_code == 409

    def test_one_is_let_go_with_the_reason_kept(self, app, visit, parked):
        path = f"/admin/deliveries/{parked[LUNE]}/discard"
        assert f"CRM {LUNE} down" in visit("mia").get(path).text
        assert visit("mod").get(path).status_code == 403
        assert visit("mod").post(path, data={"reason": "Old."}).status_code == 403
        for wrong in ("", "x" * 301):
            answer = visit("mia").post(path, data={"reason": wrong})
            assert answer.status_code == 422
            assert 'id="reason-error"' in answer.text
        assert delivery(app, parked[LUNE]).parked_at is not None
        assert visit("mia").post(path, data={"reason": "The CRM is gone."}).status_code == 303
        gone = delivery(app, parked[LUNE])
        assert (gone.parked_at, gone.discarded_reason) == (None, "The CRM is gone.")
        assert "The CRM is gone." in visit("mod").get("/admin/deliveries").text
        assert visit("mia").post(path, data={"reason": "Again."}).status_code == 409
        assert visit("mia").post(f"/admin/deliveries/{parked[LUNE]}/replay").status_code == 409

    def test_nothing_parked_is_said_in_words(self, visit):
        assert "Everything arrived" in visit("mod").get("/admin/deliveries").text


class TestHome:
    def test_what_waits_stands_first_with_the_way_there(self, app, visit):
        with app.app_context(), brand_scope(LUNE):
            thread = a_thread("ada")
            removal.hide(who("mod"), a_reply(thread, "ben"), reason="Advertising.")
            db.session.commit()
            title = thread.title
        page = visit("mod").get("/admin/").text
        assert "Posts removed this week" in page
        assert title in page
        assert "Newest members" in page
        assert "Posts removed this week" not in visit("mod", brand="velora").get("/admin/").text

    def test_the_menu_is_in_groups_and_knows_where_one_is(self, visit):
        page = visit("mia").get("/admin/settings/hosts").text
        menu = page[page.index('class="admin-nav"') : page.index("</aside>")]
        assert re.findall("<h2>([^<]+)</h2>", menu) == ["Community", "People", "Brand", "System"]
        assert re.findall(r'href="([^"]+)" aria-current', menu) == ["/admin/settings"]
        mod = visit("mod").get("/admin/").text
        assert "/admin/settings" not in mod
        assert re.findall(r'href="([^"]+)" aria-current="page"', mod)[0] == "/admin/"


class TestChanges:
    def test_what_staff_changes_is_written_down_with_who_did_it(self, app, visit):
        visit("mia").post("/admin/settings/sender", data={"mail_name": "Lune"})
        suspend = {"act": "suspend", "days": "7", "reason": "Rude."}
        visit("mod").post("/m/ada/standing", data=suspend)
        with app.app_context():
            while bus.deliver_due():
                pass
        page = visit("mia").get("/admin/changes").text
        assert "changed the settings" in page
        assert "sender’s name" in page
        assert page.index("suspended") < page.index("changed the settings")
        assert 'href="/m/ada"' in page
        assert visit("mod").get("/admin/changes").status_code == 403
        assert "Nothing was changed yet" in visit("mia", brand="velora").get("/admin/changes").text
        assert visit("mia").get("/admin/changes?page=2").status_code == 404
        assert visit("mia").get("/admin/changes?page=0").status_code == 404

    def test_every_act_in_the_log_says_whose_it_is(self):
        for event, field in log.ACTS.items():
            assert field in event.__annotations__
            assert log.record in wiring.SUBSCRIPTIONS[event]

    def test_the_member_gets_what_staff_did_about_them(self, app):
        with app.app_context(), brand_scope(LUNE):
            ada, mod = who("ada").id, who("mod").id
            log.record(MemberSuspended(member_id=ada, suspended_by_id=mod))
            db.session.commit()
            assert [row["is_own_act"] for row in log.export(who("ada"))] == [False]
            assert [row["is_own_act"] for row in log.export(who("mod"))] == [True]
            assert log.export(who("ben")) == []
