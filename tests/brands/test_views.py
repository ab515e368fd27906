"""The brand's own pages and its style sheet."""

import html
import re

import pytest

from community.brands.models import Brand
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from tests.factories import LUNE


@pytest.fixture
def change(app):
    """Change facts of Maison Lune."""

    def to(**facts):
        with app.app_context(), brand_scope(LUNE):
            for name, value in facts.items():
                setattr(db.session.get_one(Brand, LUNE), name, value)
            db.session.commit()

    return to


def sheet_of(browser) -> str:
    return re.search(r'href="(/theme-[^"]+)"', browser.get("/rules").text)[1]


def test_a_style_sheet_may_be_kept_for_ever_and_changes_its_name(visit, change):
    change(theme={"brand": "#8f3a52"})
    first = sheet_of(visit())
    answer = visit("ada").get(first)
    assert answer.status_code == 200
    assert "--brand:#8f3a52" in answer.text
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in answer.headers
    change(theme={"brand": "#111111"})
    assert sheet_of(visit()) != first
    assert visit().get(first).status_code == 404
    assert visit(brand="velora").get(first).status_code == 404


def test_the_rules_are_ours_in_the_readers_language_until_the_brand_writes_its_own(visit, change):
    ours = visit().get("/rules").text
    assert "Maison Lune brings together" in ours
    assert "<h3>Be honest</h3>" in ours
    assert "Velora brings together" in visit(brand="velora").get("/rules").text
    change(rules="Be **kind**. <script>x()</script>")
    own = visit().get("/rules").text
    assert "Be <strong>kind</strong>." in own
    assert "<script>x()" not in own
    assert "Velora brings together" in visit(brand="velora").get("/rules").text


def test_the_legal_notice_says_what_the_brand_gave(visit, change):
    assert "not filled in this page yet" in visit().get("/legal").text
    change(
        legal={
            "publisher": "Maison <Lune> SAS",
            "address": "12 quai\nLyon",
            "dsa_contact": "dsa@lune.example",
            "hosting": "Somewhere",
            "privacy": "We keep **little**.",
        }
    )
    page = visit().get("/legal").text
    for shown in (
        "Maison &lt;Lune&gt; SAS",
        "12 quai\nLyon",
        'href="mailto:dsa@lune.example"',
        "Somewhere",
        "We keep <strong>little</strong>.",
    ):
        assert shown in page
    assert "Lune" not in visit(brand="velora").get("/legal").text


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_browser_chooses_its_appearance_without_script(visit, mode):
    browser = visit()
    answer = browser.post(
        "/appearance", data={"mode": mode}, headers={"Referer": "http://lune.localhost/legal?x=1"}
    )
    assert (answer.status_code, answer.location) == (303, "/legal?x=1")
    assert f'data-theme="{mode}"' in browser.get("/rules").text
    browser.post("/appearance", data={"mode": "auto"})
    assert "data-theme" not in browser.get("/rules").text


def test_a_link_to_an_appearance_leads_to_the_form_with_it_chosen(visit):
    page = visit().get("/rules?a=1&b=2").text
    link = re.search(r'<a href="(/appearance\?mode=dark&amp;next=[^"]+)" rel="nofollow"', page)[1]
    browser = visit()
    form = browser.get(html.unescape(link)).text
    assert re.search(r'<input checked id="mode-\d" name="mode" type="radio" value="dark">', form)
    assert 'value="/rules?a=1&amp;b=2"' in form
    assert "data-theme" not in form
    assert 'href="/appearance?mode=light&amp;next=/rules?a%3D1%26b%3D2"' in form
    assert re.search(r'value="auto"[^>]*>', browser.get("/appearance?mode=pink").text)


def test_a_members_browser_may_differ_from_the_account(visit):
    browser = visit("ada")
    browser.post("/appearance", data={"mode": "dark"})
    assert 'data-theme="dark"' in browser.get("/rules").text
    assert "data-theme" not in visit("ada").get("/rules").text


def test_a_visitor_chooses_the_language(visit):
    browser = visit()
    page = browser.get("/appearance").text
    assert 'value="en"' in page
    answer = browser.post("/appearance", data={"language": "en", "next": "/rules"})
    assert answer.location == "/rules"
    assert "language=en" in answer.headers["Set-Cookie"]
    assert "HttpOnly" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("data", [{"mode": "pink"}, {"language": "xx"}, {"mode": "<script>"}])
def test_an_appearance_that_does_not_exist_is_refused(visit, data):
    answer = visit().post("/appearance", data=data)
    assert answer.status_code == 422
    set_cookies = " ".join(answer.headers.getlist("Set-Cookie"))
    assert "mode=" not in set_cookies
    assert "language=" not in set_cookies


def test_a_cookie_somebody_made_up_is_not_believed(visit):
    browser = visit()
    browser.set_cookie("mode", '"><script>', domain="lune.localhost")
    browser.set_cookie("language", "../../etc", domain="lune.localhost")
    page = browser.get("/appearance")
    assert page.status_code == 200
    assert "<script>" not in page.text


@pytest.mark.parametrize("back", ["https://evil.example/x", "http://lune.localhost.evil.example/"])
def test_the_way_back_stays_on_the_site(visit, back):
    answer = visit().post("/appearance", data={"mode": "dark"}, headers={"Referer": back})
    assert answer.location == "/appearance"
    answer = visit().post("/appearance", data={"mode": "dark", "next": back})
    assert answer.location == "/appearance"
