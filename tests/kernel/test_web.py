"""The HTTP edge: one commit, one mapping of refusals, and headers that protect."""

import threading
from urllib.parse import unquote

import pytest
from sqlalchemy import select

from community.kernel import web
from community.kernel.db import db
from community.kernel.errors import Invalid
from community.kernel.tenancy import brand_scope
from community.threads.models import Category
from tests.conftest import who
from tests.factories import LUNE
from tests.kernel import trial
from tests.kernel.trial import NameForm


@pytest.fixture
def app(app):
    app.register_blueprint(trial.blueprint)
    return app


SCRIPT = {"HX-Request": "true"}


def slugs(app) -> set[str]:
    with app.app_context(), brand_scope(LUNE):
        return set(db.session.scalars(select(Category.slug)))


class TestOneCommit:
    @pytest.mark.parametrize("status", [200, 201, 302, 303])
    def test_what_succeeds_is_kept(self, app, visit, status):
        answer = visit().post(f"/trial/write/{status}", data={"slug": "new"})
        assert answer.status_code == status
        assert "new" in slugs(app)

    @pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 500])
    def test_what_is_refused_is_undone(self, app, visit, status):
        visit().post(f"/trial/write/{status}", data={"slug": "new"})
        assert "new" not in slugs(app)

    @pytest.mark.parametrize("kind", trial.REFUSALS)
    def test_a_refusal_undoes_what_came_before_it(self, app, visit, kind):
        visit("ada").post(f"/trial/refuse/{kind}")
        assert "refused" not in slugs(app)

    @pytest.mark.parametrize("where", ["view", "commit"])
    def test_a_lost_race_is_a_conflict_in_words(self, app, visit, where):
        answer = visit("ada").post(f"/trial/race/{where}", headers=SCRIPT)
        assert answer.status_code == 409
        assert "at the same moment" in answer.text

    def test_what_failed_at_the_commit_is_not_praised_on_the_next_page(self, visit):
        browser = visit("ada")
        browser.post("/trial/race/commit", headers=SCRIPT)
        with browser.session_transaction(base_url="http://lune.localhost") as session:
            assert "_flashes" not in session

    @pytest.mark.sqlite
    def test_requests_that_write_at_once_lose_nothing_and_never_find_a_lock(self, app, visit):
        """A writing request takes the lock before it reads, even before it knows its brand."""
        general = select(Category.position).where(Category.slug == "general")
        with app.app_context(), brand_scope(LUNE):
            before = db.session.scalar(general)
        answers = []

        def post():
            browser = visit()
            for _ in range(15):
                answers.append(browser.post("/trial/count").status_code)

        threads = [threading.Thread(target=post) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [200] * 90
        with app.app_context(), brand_scope(LUNE):
            assert db.session.scalar(general) == before + 90

    def test_a_request_after_one_that_wrote_reads_only(self, app, visit):
        browser = visit()
        browser.post("/trial/write/200", data={"slug": "new"})
        view = trial.Blocked()
        app.view_functions["trial.page"] = view
        reading = threading.Thread(target=lambda: visit().get("/trial/page"))
        reading.start()
        view.here.wait(10)
        try:
            answer = browser.post("/trial/write/200", data={"slug": "another"})
        finally:
            view.go_on.set()
            reading.join()
        assert answer.status_code == 200


class TestRefusals:
    @pytest.mark.parametrize(
        ("kind", "status"),
        [
            ("forbidden", 403),
            ("missing", 404),
            ("gone", 410),
            ("conflict", 409),
            ("invalid", 422),
            ("too-many", 429),
        ],
    )
    def test_each_has_its_status_and_its_words(self, visit, kind, status):
        words = str(trial.REFUSALS[kind])
        for answer in (
            visit("ada").get(f"/trial/refuse/{kind}"),
            visit("ada").post(f"/trial/refuse/{kind}"),
        ):
            assert (answer.status_code, answer.mimetype) == (status, "text/html")
            assert words in answer.text
        fragment = visit("ada").post(f"/trial/refuse/{kind}", headers=SCRIPT)
        assert (fragment.status_code, fragment.text) == (status, words)
        assert fragment.mimetype == "text/plain"

    def test_too_many_says_when_to_come_back(self, visit):
        assert visit("ada").get("/trial/refuse/too-many").headers["Retry-After"] == "7"

    def test_a_stranger_is_sent_to_sign_in_and_back(self, visit):
        answer = visit().get("/trial/refuse/forbidden?page=2")
        assert answer.status_code == 302
        assert answer.location.startswith("/login?next=%2Ftrial%2Frefuse%2Fforbidden%3Fpage%3D2")

    def test_what_a_stranger_typed_is_held_for_after_signing_in(self, visit):
        answer = visit().post("/trial/refuse/forbidden", data={"body": "a <b>long</b> text"})
        assert answer.status_code == 401
        assert "a &lt;b&gt;long&lt;/b&gt; text" in answer.text
        assert "<b>long</b>" not in answer.text

    @pytest.mark.parametrize("kind", ["forbidden", "conflict", "invalid", "too-many"])
    def test_what_was_typed_is_kept_when_it_is_refused(self, visit, kind):
        typed = {"body": "so much text", "password": "hush hush", "csrf_token": "x"}
        answer = visit("ada").post(f"/trial/refuse/{kind}", data=typed)
        assert "so much text" in answer.text
        assert "hush hush" not in answer.text

    def test_a_script_that_is_a_stranger_is_told_and_not_redirected(self, visit):
        answer = visit().post("/trial/refuse/forbidden", headers=SCRIPT)
        assert (answer.status_code, answer.text) == (401, "This is not yours.")

    def test_an_address_that_leads_nowhere_is_in_the_brands_look(self, visit):
        answer = visit().get("/no/such/page")
        assert answer.status_code == 404
        assert "Maison Lune" in answer.text

    def test_a_wrong_method_says_so(self, visit):
        answer = visit().post("/trial/page")
        assert answer.status_code == 405
        assert "GET" in answer.headers["Allow"]


class TestBreaking:
    def test_our_fault_is_a_page_and_nothing_is_kept(self, app, visit):
        answer = visit().get("/trial/break")
        assert answer.status_code == 500
        assert "a bug" not in answer.text
        assert "broken" not in slugs(app)

    def test_the_text_typed_survives_our_fault(self, visit):
        answer = visit("ada").post("/trial/break", data={"body": "hours of <work>"})
        assert answer.status_code == 500
        assert "hours of &lt;work&gt;" in answer.text

    def test_a_body_too_large_is_refused_with_the_limit(self, app, visit):
        limit = app.config["COMMUNITY"].max_upload_mb
        data = {"slug": "x" * ((limit + 2) * 1_000_000)}
        answer = visit("ada").post("/trial/write/200", data=data)
        assert answer.status_code == 413
        assert f"at most {limit} MB" in answer.text


class TestTwins:
    def test_script_gets_the_fragment_and_the_message_in_a_header(self, visit):
        answer = visit().post("/trial/vote", headers=SCRIPT)
        assert answer.status_code == 200
        assert 'id="toasts"' in answer.text
        assert unquote(answer.headers["X-Message"]) == "Merci, noté à 12 h ✓"

    def test_anyone_else_gets_the_page_with_the_message_in_it(self, visit):
        browser = visit()
        answer = browser.post("/trial/vote")
        assert (answer.status_code, answer.location) == (303, "/trial/page")
        with browser.session_transaction(base_url="http://lune.localhost") as session:
            assert session["_flashes"] == [("message", "Merci, noté à 12 h ✓")]

    def test_a_cache_never_gives_one_the_answer_of_the_other(self, visit):
        assert {"Cookie", "HX-Request", "Accept-Language"} <= visit().get("/trial/page").vary


class TestLimits:
    def test_a_member_is_counted_and_then_refused(self, visit):
        browser = visit("ada")
        statuses = [browser.post("/trial/limited").status_code for _ in range(3)]
        assert statuses == [200, 200, 429]

    def test_a_network_is_counted_over_all_its_visitors(self, visit):
        statuses = [visit().post("/trial/limited").status_code for _ in range(5)]
        assert statuses == [200] * 4 + [429]

    def test_another_network_is_not_held_up(self, visit):
        for _ in range(5):
            visit().post("/trial/limited")
        elsewhere = {"REMOTE_ADDR": "192.0.2.9"}
        assert visit().post("/trial/limited", environ_overrides=elsewhere).status_code == 200

    def test_the_other_brand_counts_for_itself(self, visit):
        for _ in range(5):
            visit().post("/trial/limited")
        assert visit(brand="velora").post("/trial/limited").status_code == 200


class TestForms:
    def test_a_services_refusal_stands_beside_its_field(self, app):
        with app.test_request_context("/", base_url="http://lune.localhost"):
            form = NameForm()
            form.refuse(Invalid("Taken.", field="name"))
            form.refuse(Invalid("Not today."))
            form.refuse(Invalid("Nor that.", field="unknown"))
            assert form.errors == {"name": ["Taken."], "": ["Not today.", "Nor that."]}


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/t/7/hello?page=2#post-3", "/t/7/hello?page=2#post-3"),
        ("/", "/"),
        ("", "/"),
        (None, "/"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("///elsewhere.example/", "/"),
        ("/\\elsewhere.example/", "/"),
        ("\\\\elsewhere.example", "/"),
        ("/\t/elsewhere.example", "/"),
        ("/\n/elsewhere.example", "/"),
        (" /ok", "/"),
        ("javascript:alert(1)", "/"),
        ("t/7", "/"),
        ("/[", "/["),
        ("//[", "/"),
    ],
)
def test_the_way_back_is_always_on_this_site(target, path):
    assert web.local_path(target) == path


def test_who_asks_is_the_member_and_not_a_stand_in(app, visit):
    assert "Ada" in visit("ada").get("/trial/page").text
    with app.app_context(), brand_scope(LUNE):
        assert who("ada").name == "Ada"
