"""Refused forms keep what was typed; errors have a way out."""

import re

import pytest

from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.members.passwords import hash_password
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.lived_in import live_in

TYPED = {
    "name": "Ada L.",
    "username": "ada",
    "bio": 'Long words with <b>tags</b>, "quotes" & more\nand a second line',
    "is_public": "y",
}
ESCAPED = "Long words with &lt;b&gt;tags&lt;/b&gt;, &#34;quotes&#34; &amp; more\nand a second line"


@pytest.fixture
def protected(app):
    app.config["WTF_CSRF_ENABLED"] = True


def fields(page: str) -> dict[str, str]:
    found = dict(re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', page))
    found.update(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n([^<]*)</textarea>', page))
    return found


def test_an_outdated_form_is_held_with_everything_that_was_typed(visit, protected):
    browser = visit("ada")
    held = browser.post("/settings", data=TYPED)
    assert held.status_code == 400
    assert "open for a long time" in held.text
    assert ESCAPED in held.text
    assert "<b>tags" not in held.text
    assert 'action="/settings"' in held.text
    assert "Send again" in held.text
    again = {name: value for name, value in fields(held.text).items() if name in TYPED}
    assert set(again) == set(TYPED)
    token = fields(held.text)["csrf_token"]
    done = browser.post("/settings", data=TYPED | {"csrf_token": token})
    assert done.status_code == 303
    assert ESCAPED.split("\n", maxsplit=1)[0] in browser.get("/m/ada").text


def test_who_is_signed_out_meanwhile_signs_in_beside_it_and_sends_again(visit, app):
    with app.app_context(), brand_scope(LUNE):
        who("ada").password_hash = hash_password("seven green bicycles")
        db.session.commit()
    browser = visit()
    held = browser.post("/settings", data=TYPED)
    assert held.status_code == 401
    assert ESCAPED in held.text
    assert re.search(r'href="/login"[^>]*target="_blank"', held.text)
    data = {"email": "ada@example.com", "password": "seven green bicycles"}
    browser.post("/login", data=data)
    assert browser.post("/settings", data=TYPED).status_code == 303


def test_passwords_are_never_shown_again(visit, protected):
    data = {"email": "ada@example.com", "password": "seven green bicycles"}
    held = visit().post("/login", data=data)
    assert held.status_code == 400
    assert "seven green" not in held.text
    assert 'value="ada@example.com"' in held.text


def test_script_gets_the_reason_alone(visit, protected):
    held = visit("ada").post("/settings", data=TYPED, headers={"HX-Request": "true"})
    assert held.mimetype == "text/plain"
    assert "open for a long time" in held.text


@pytest.mark.parametrize("brand", ["lune", "velora"])
@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nothing-here", 404, "nothing at this address"),
        ("/m/nobody", 404, "no member of this name"),
        ("/logout", 405, "does not take that kind"),
    ],
)
def test_an_error_is_said_in_the_brands_look_with_a_way_out(visit, brand, path, status, words):
    answer = visit(brand=brand).get(path)
    assert (answer.status_code, words in answer.text) == (status, True)
    assert 'href="/"' in answer.text
    assert {"lune": "Maison Lune", "velora": "Velora"}[brand] in answer.text
    assert "noindex" in answer.text


@pytest.mark.parametrize(("language", "colon"), [("en", ": "), ("fr", "\u202f: ")])
def test_a_summary_of_errors_is_set_as_the_language_is_printed(visit, language, colon):
    data = {"email": "<b>", "password": ""}
    page = visit().post("/login", data=data, headers={"Accept-Language": language}).text
    assert re.search(rf'<li><a href="#password">[^<]+</a>{colon}[^<]+</li>', page)


@pytest.mark.parametrize(("brand", "brand_id"), [("lune", LUNE), ("velora", VELORA)])
def test_a_page_gives_a_stranger_no_cookie(app, visit, protected, brand, brand_id):
    lived = live_in(app, brand_id)
    thread = f"/t/{lived.values['thread_id']}/{lived.of_endpoint['threads.show']['slug']}"
    browser = visit(brand=brand)
    for path in ("/", "/c/", "/c/general", "/tag/first", thread, "/m/ada", "/rules", "/legal"):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert "Set-Cookie" not in answer.headers, path
    assert "Set-Cookie" not in browser.get("/nothing-here").headers
    assert "Set-Cookie" in browser.get("/login").headers  # its form needs one
