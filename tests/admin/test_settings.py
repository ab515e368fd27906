"""The brand's settings over HTTP."""

import re

import pytest

from community.admin.forms import SWITCHES
from community.brands.models import FEATURES
from tests.factories import VELORA

PAGES = {
    "": {"name": "Lune", "locale": "fr", "time_zone": "Europe/Paris"},
    "/sender": {"mail_name": "Lune", "mail_address": "hi@lune.example"},
    "/features": {"guest_reading": "y"},
    "/rules": {"rules": "Be kind."},
    "/legal": {"publisher": "Lune SAS"},
    "/hosts": {"host": "shop.lune.example"},
}


@pytest.mark.parametrize("page", PAGES)
def test_managers_alone_see_and_save_them(visit, brand, page):
    path = f"/admin/settings{page}"
    for name in ("ada", "mod"):
        assert visit(name).get(path).status_code == 403
        assert visit(name).post(path, data=PAGES[page]).status_code == 403
    assert brand().name == "Maison Lune"
    assert visit("mia").get(path).status_code == 200
    assert visit("mia").post(path, data=PAGES[page]).status_code == 303


def test_the_identity_is_saved_and_shows_at_once(visit, brand):
    links = "Shop: https://lune.example/shop\nHelp : https://lune.example/a:b\n\n"
    sent = PAGES[""] | {"headline": "Skin, seriously", "tagline": "For every skin", "links": links}
    assert visit("mia").post("/admin/settings", data=sent).location == "/admin/settings"
    now = brand()
    assert (now.name, now.headline, now.tagline) == ("Lune", "Skin, seriously", "For every skin")
    assert now.links == [
        {"label": "Shop", "url": "https://lune.example/shop"},
        {"label": "Help", "url": "https://lune.example/a:b"},
    ]
    assert brand(VELORA).name == "Velora"
    page = visit("mia").get("/admin/settings").text
    assert 'value="Skin, seriously"' in page
    assert "Shop: https://lune.example/shop" in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "…"}, "name"),
        ({"tagline": "x" * 161}, "tagline"),
        ({"locale": "xx"}, "locale"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"links": "Shop"}, "links"),
        ({"links": "Shop: javascript:alert(1)"}, "links"),
    ],
)
def test_what_cannot_be_stands_beside_its_field_and_is_kept(visit, brand, changes, field):
    sent = PAGES[""] | {"headline": "What I typed"} | changes
    answer = visit("mia").post("/admin/settings", data=sent)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert "What I typed" in answer.text
    assert brand().headline == ""


def test_every_switch_there_is_has_words_here():
    assert set(FEATURES) <= set(SWITCHES)


def test_switches_are_set_and_unset(visit, brand):
    visit("mia").post("/admin/settings/features", data={"invitation_only": "y"})
    assert brand().features["invitation_only"] is True
    assert brand().features["guest_reading"] is False
    page = visit("mia").get("/admin/settings/features").text
    assert re.search(r"<input[^>]* checked[^>]* id=.invitation_only", page)
    assert not re.search(r"<input[^>]* checked[^>]* id=.guest_reading", page)


def test_a_wrong_sender_is_refused_beside_its_field(visit, brand):
    answer = visit("mia").post("/admin/settings/sender", data={"mail_address": "lune"})
    assert answer.status_code == 422
    assert 'id="mail_address-error"' in answer.text
    assert brand().mail_address == "hello@lune.example"


def test_the_rules_are_previewed_without_being_saved(visit, brand):
    sent = {"rules": "# Be **kind**"}
    page = visit("mia").post("/admin/settings/rules/preview", data=sent)
    assert page.status_code == 200
    assert "<strong>kind</strong>" in page.text
    assert "# Be **kind**" in page.text
    htmx = {"HX-Request": "true"}
    part = visit("mia").post("/admin/settings/rules/preview", data=sent, headers=htmx)
    assert "<strong>kind</strong>" in part.text
    assert "<html" not in part.text
    assert brand().rules == ""
    assert visit("mod").post("/admin/settings/rules/preview", data=sent).status_code == 403


def test_the_legal_notice_is_saved_in_parts(visit, brand):
    sent = {"publisher": "Lune SAS", "dsa_contact": "dsa@lune.example"}
    visit("mia").post("/admin/settings/legal", data=sent)
    assert brand().legal["dsa_contact"] == "dsa@lune.example"
    assert "Lune SAS" in visit().get("/legal").text


class TestAddresses:
    def ids(self, page: str) -> str:
        return page.partition("/settings/hosts/")[2].partition("/")[0]

    def test_one_is_added_made_the_main_one_and_removed(self, visit):
        mia = visit("mia")
        assert mia.post("/admin/settings/hosts", data={"host": "lune.example"}).status_code == 303
        page = mia.get("/admin/settings/hosts").text
        assert "lune.example" in page
        asked = mia.get(f"/admin/settings/hosts/{self.ids(page)}/main").text
        assert "sign in again" in asked
        assert mia.post(f"/admin/settings/hosts/{self.ids(page)}/remove").status_code == 303
        assert '<b class="breaks">lune.example' not in mia.get("/admin/settings/hosts").text

    def test_the_new_main_address_leads_there_from_the_old_one(self, visit):
        mia = visit("mia")
        page = mia.get("/admin/settings/hosts").text
        mia.post(f"/admin/settings/hosts/{self.ids(page)}/main")
        answer = visit().get("/rules")
        assert answer.status_code == 301
        assert answer.location == "http://www.lune.localhost/rules"

    @pytest.mark.parametrize("host", ["velora.localhost", "no host", ""])
    def test_a_wrong_one_is_refused_beside_the_field(self, visit, host):
        answer = visit("mia").post("/admin/settings/hosts", data={"host": host})
        assert answer.status_code == 422
        assert 'id="host-error"' in answer.text
        assert host in answer.text
