"""Loops over every address there is, so that a new one is tried the day it appears."""

import re

import pytest

from tests.factories import LUNE
from tests.kernel import trial
from tests.lived_in import address, changed, every_row, live_in, rules

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
ROBOT = {"User-Agent": "a robot"}  # whose visits are not counted as views
WITHOUT_TOKEN = {
    "notifications.unsubscribe": "mail programs send this by themselves (RFC 8058)",
}


@pytest.fixture
def lived(app):
    return live_in(app, LUNE)


@pytest.fixture
def guarded(app):
    """The application as it runs: with the token every form carries."""
    app.config["WTF_CSRF_ENABLED"] = True
    return app


def every_request(app, lived, *methods):
    """(rule, method, path) of every address with every one of the methods it takes."""
    return [
        (rule, method, address(rule, lived))
        for rule in rules(app, *methods)
        for method in sorted(rule.methods & set(methods))
    ]


class TestForgery:
    def accepted(self, app, visit, lived) -> list[str]:
        """Endpoints that did something without a token."""
        found = []
        with app.app_context():
            before = every_row()
        for rule, method, path in every_request(app, lived, *UNSAFE):
            answer = visit("oli").open(path, method=method, data={"body": "forged"})
            with app.app_context():
                after = {**every_row(), "member_session": before["member_session"]}
            if answer.status_code != 400 or changed(before, after):
                found.append(rule.endpoint)
                before = after
        return found

    def test_nothing_is_done_without_the_token_of_the_form(self, guarded, visit, lived):
        assert set(self.accepted(guarded, visit, lived)) <= set(WITHOUT_TOKEN)

    def test_the_check_itself_finds_a_view_that_forgot_it(self, guarded, visit, lived):
        guarded.register_blueprint(trial.blueprint)
        guarded.extensions["csrf"].exempt(trial.count)
        lived.values |= {"status": 200, "where": "view", "kind": "gone"}
        assert "trial.count" in self.accepted(guarded, visit, lived)

    def test_exceptions_are_these_and_no_others(self, app):
        csrf = app.extensions["csrf"]
        views = {f"{v.__module__}.{v.__name__}": k for k, v in app.view_functions.items()}
        assert {views[name] for name in csrf._exempt_views} == set(WITHOUT_TOKEN)
        assert not csrf._exempt_blueprints

    def test_with_the_token_the_same_request_is_done(self, guarded, visit, lived):
        browser = visit("ben")
        path = f"/t/{lived.values['thread_id']}/follow"
        assert browser.post(path).status_code == 400
        page = browser.get("/new").text
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)[1]
        assert browser.post(path, data={"csrf_token": token}).status_code == 303

    def test_what_was_typed_without_a_token_is_shown_again(self, guarded, visit, lived):
        path = f"/t/{lived.values['thread_id']}/reply"
        answer = visit("ben").post(path, data={"body": "typed for <hours>"})
        assert answer.status_code == 400
        assert "typed for &lt;hours&gt;" in answer.text


class TestReading:
    def offenders(self, app, visit, lived, username) -> list[str]:
        """Addresses whose GET changed a row or broke."""
        browser, found = visit(username), []
        with app.app_context():
            before = every_row()
        for _rule, _method, path in every_request(app, lived, "GET"):
            answer = browser.get(path, headers=ROBOT)
            with app.app_context():
                after = every_row()
            if answer.status_code >= 500:
                found.append(f"{path} answers {answer.status_code}")
            if tables := changed(before, after):
                found.append(f"{path} changes {tables}")
            before = after
        return found

    @pytest.mark.parametrize("username", [None, "ada", "oli"])
    def test_looking_changes_nothing_and_never_breaks(self, app, visit, lived, username):
        assert self.offenders(app, visit, lived, username) == []

    def test_the_look_itself_finds_a_view_that_writes(self, app, visit, lived):
        app.register_blueprint(trial.blueprint)
        lived.values |= {"kind": "gone"}
        found = self.offenders(app, visit, lived, None)
        assert "/trial/write changes ['category']" in found
        assert "/trial/break answers 500" in found

    def test_every_page_is_whole_and_carries_the_policy(self, app, visit, lived):
        for _rule, _method, path in every_request(app, lived, "GET"):
            answer = visit("oli").get(path, headers=ROBOT)
            assert answer.headers.get("Content-Security-Policy"), path
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            if answer.mimetype == "text/html" and answer.status_code == 200:
                assert "<script>" not in answer.text, path
                assert not re.search(r"<[a-z][^<>]*\s(style|on[a-z]+)=", answer.text), path

    def test_strangers_get_no_page_of_the_back_office(self, app, visit, lived):
        admin = [r for r in every_request(app, lived, "GET") if r[2].startswith("/admin")]
        assert admin
        for _rule, _method, path in admin:
            assert visit().get(path).status_code == 302, path
            assert visit("ada").get(path).status_code == 403, path
