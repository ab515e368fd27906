"""The back office over HTTP."""

import pytest

from community.events import PostAdded
from community.kernel import bus
from community.kernel.bus import Delivery
from community.kernel.db import db, now
from community.kernel.tenancy import brand_scope
from tests.conftest import who
from tests.factories import LUNE, VELORA


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

    def test_nothing_parked_is_said_in_words(self, visit):
        assert "Everything arrived" in visit("mod").get("/admin/deliveries").text
