"""Nothing of one brand opens, shows, counts or names anything in the other."""

import re

import pytest
from werkzeug.routing import IntegerConverter

from community.brands import service as brands
from community.brands.queries import the_brand
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.members import links
from community.members.models import Purpose
from tests.factories import LUNE, VELORA
from tests.lived_in import IDS, address, changed, every_row, live_in, rules

LUNE_URL, VELORA_URL = "http://lune.localhost", "http://velora.localhost"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
GARBAGE = "x" * 40


@pytest.fixture
def lived(app):
    """One of everything in both brands, under the same names."""
    return {brand_id: live_in(app, brand_id) for brand_id in (LUNE, VELORA)}


@pytest.fixture
def dressed(app):
    """The two brands in two looks."""
    with app.app_context():
        for brand_id, colour in ((LUNE, "#7a2e4d"), (VELORA, "#0b6e4f")):
            with brand_scope(brand_id):
                brands.set_facts(the_brand(), theme={"brand": colour})
                db.session.commit()


def cookie_of(browser, base_url) -> str:
    host = base_url.partition("//")[2]
    return browser.get_cookie("session", domain=host).value


class TestIds:
    def requests(self, app, lived, brand_id):
        """(path, method) of every address that takes the id of a row."""
        return [
            (address(rule, lived[brand_id]), method)
            for rule in rules(app, *METHODS)
            if rule.arguments & IDS
            for method in sorted(rule.methods & set(METHODS))
        ]

    def test_ids_of_the_other_brand_lead_nowhere_and_change_nothing(self, app, visit, lived):
        requests = self.requests(app, lived, VELORA)
        assert len(requests) >= 10
        with app.app_context():
            before = every_row()
        for path, method in requests:
            answer = visit("oli").open(path, method=method)
            assert answer.status_code == 404, f"{method} {path} answers {answer.status_code}"
        with app.app_context():
            after = every_row()
        assert changed(before, after) == ["member_session"]  # oli signed in for each

    def test_the_same_addresses_with_ids_of_the_own_brand_lead_somewhere(self, app, visit, lived):
        """The control: it is the brand that makes the difference."""
        for path, method in self.requests(app, lived, LUNE):
            answer = visit("oli").open(path, method=method)
            assert answer.status_code != 404, f"{method} {path}"
            assert answer.status_code < 500, f"{method} {path}"

    def test_every_argument_that_is_a_number_is_an_id_or_known_not_to_be(self, app):
        numbers = {
            name
            for rule in app.url_map.iter_rules()
            for name, converter in rule._converters.items()
            if isinstance(converter, IntegerConverter)
        }
        assert numbers - IDS == {"width", "after"}


class TestSessions:
    def test_a_session_of_one_brand_is_void_on_the_other(self, app, visit):
        lune, velora = visit("oli"), visit(brand="velora")
        assert lune.get("/settings").status_code == 200
        stolen = cookie_of(lune, LUNE_URL)
        velora.set_cookie("session", stolen, domain="velora.localhost")
        assert velora.get("/settings").status_code == 302

    def test_even_a_token_read_out_of_the_cookie_opens_nothing_there(self, visit):
        """The cookie is signed for its host; the row belongs to its brand as well."""
        lune, velora = visit("oli"), visit(brand="velora")
        with lune.session_transaction(base_url=LUNE_URL) as session:
            token = session["_user_id"]
        with velora.session_transaction(base_url=VELORA_URL) as session:
            session["_user_id"] = token
        assert velora.get("/settings").status_code == 302

    def test_signing_in_on_one_brand_leaves_the_other_a_stranger(self, visit):
        browser = visit("oli")
        assert browser.get("/settings").status_code == 200
        assert browser.get("/settings", base_url=VELORA_URL).status_code == 302


class TestForms:
    def token(self, browser, base_url) -> str:
        page = browser.get("/login", base_url=base_url).text
        return re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)[1]

    def test_the_token_of_a_form_of_one_brand_is_refused_on_the_other(self, app, visit):
        app.config["WTF_CSRF_ENABLED"] = True
        browser = visit()
        lune, velora = self.token(browser, LUNE_URL), self.token(browser, VELORA_URL)
        nobody = {"email": "nobody@example.com"}
        for token, status in ((lune, 400), (velora, {200, 303, 422})):
            answer = browser.post(
                "/forgotten", base_url=VELORA_URL, data={**nobody, "csrf_token": token}
            )
            assert answer.status_code == status or answer.status_code in status

    def test_not_even_with_the_cookie_it_was_made_for(self, app, visit):
        app.config["WTF_CSRF_ENABLED"] = True
        lune, velora = visit(), visit(brand="velora")
        token = self.token(lune, LUNE_URL)
        velora.set_cookie("session", cookie_of(lune, LUNE_URL), domain="velora.localhost")
        answer = velora.post("/forgotten", data={"csrf_token": token})
        assert answer.status_code == 400


class TestLinks:
    @pytest.mark.parametrize("purpose", Purpose)
    def test_a_mailed_link_is_void_in_the_other_brand(self, app, visit, lived, purpose):
        endpoint = links.endpoint_of(purpose)
        [rule] = [rule for rule in rules(app, "GET") if rule.endpoint == endpoint]
        own = lived[LUNE].of_endpoint[endpoint]["token"]
        path = address(rule, lived[LUNE])
        invented = path.replace(own, GARBAGE)
        for method in ("GET", "POST"):
            there = visit(brand="velora").open(path, method=method)
            unknown = visit(brand="velora").open(invented, method=method)
            assert there.status_code == unknown.status_code >= 400
            assert own not in unknown.text
        assert visit("oli").get(path).status_code < 400

    def test_a_link_that_stops_mail_is_void_in_the_other_brand(self, visit, lived):
        token = lived[LUNE].of_endpoint["notifications.unsubscribe"]["token"]
        for method in ("GET", "POST"):
            answer = visit(brand="velora").open(f"/unsubscribe/{token}", method=method)
            assert answer.status_code == 404
        assert visit().get(f"/unsubscribe/{token}").status_code == 200


class TestPictures:
    def test_a_picture_of_one_brand_is_not_shown_on_the_other(self, app, visit, lived):
        [rule] = [rule for rule in rules(app, "GET") if rule.endpoint == "media.show"]
        path = address(rule, lived[LUNE])
        assert visit().get(path).mimetype == "image/webp"
        for username in (None, "ada", "oli"):
            answer = visit(username, brand="velora").get(path)
            assert answer.status_code == 404
            assert answer.mimetype != "image/webp"


class TestLook:
    def theme(self, visit, brand) -> str:
        page = visit(brand=brand).get("/").text
        return re.search(r'href="(/theme-[^"]+\.css)"', page)[1]

    def test_each_brand_has_its_own_style_sheet_under_its_own_name(self, app, visit, dressed):
        lune, velora = self.theme(visit, "lune"), self.theme(visit, "velora")
        assert lune != velora
        sheets = [visit().get(lune), visit(brand="velora").get(velora)]
        assert [sheet.status_code for sheet in sheets] == [200, 200]
        assert sheets[0].text != sheets[1].text
        assert "public" in sheets[0].headers["Cache-Control"]

    def test_one_brands_style_sheet_is_not_served_by_the_other(self, app, visit, dressed):
        assert visit(brand="velora").get(self.theme(visit, "lune")).status_code == 404

    def test_no_page_names_the_other_brand(self, app, visit, lived):
        """Same people, same titles: only names and hosts can tell them apart."""
        for rule in rules(app, "GET"):
            if rule.endpoint.startswith("observe."):
                continue  # belongs to no brand
            path = address(rule, lived[LUNE])
            answer = visit("oli").get(path, headers={"User-Agent": "a robot"})
            assert b"velora" not in answer.data.lower(), path
