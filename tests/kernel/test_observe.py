"""What operators see: that it lives, that it can serve, how much there is to do."""

import logging

import pytest
from structlog.testing import capture_logs

from community import create_app
from community.kernel import bus
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from tests.factories import LUNE, VELORA
from tests.kernel.fire import Happened, first
from tests.kernel.test_bus import failing

TOKEN = "for the one who scrapes"
ANY_HOST = "http://203.0.113.9:8000"


@pytest.fixture
def watched(settings):
    """The application of an operator who set a token."""
    app = create_app(settings.model_copy(update={"metrics_token": TOKEN}), testing=True)
    yield app
    with app.app_context():
        db.engine.dispose()


def ask(app, path, **headers):
    return app.test_client().get(path, base_url=ANY_HOST, headers=headers)


def metrics(app) -> dict[str, float]:
    text = ask(app, "/metrics", Authorization=f"Bearer {TOKEN}").get_data(as_text=True)
    lines = [line.rpartition(" ") for line in text.splitlines() if line[0] != "#"]
    return {name: float(value) for name, _, value in lines}


class TestHealth:
    def test_it_says_that_it_lives_on_any_host(self, app):
        answer = ask(app, "/healthz")
        assert (answer.status_code, answer.text) == (200, "ok\n")
        assert answer.headers["Cache-Control"] == "no-store"

    def test_it_says_that_it_can_serve(self, app):
        assert ask(app, "/readyz").status_code == 200

    def test_neither_makes_a_session(self, app):
        for path in ("/healthz", "/readyz"):
            assert "Set-Cookie" not in ask(app, path).headers


class TestMetrics:
    def test_without_a_token_in_the_settings_there_are_none(self, app):
        assert ask(app, "/metrics").status_code == 404
        assert ask(app, "/metrics", Authorization="Bearer ").status_code == 404
        assert ask(app, "/metrics", Authorization="Bearer None").status_code == 404

    @pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", f"Bearer {TOKEN}x", "é"])
    def test_without_the_right_token_they_do_not_exist(self, watched, given):
        assert ask(watched, "/metrics", Authorization=given).status_code == 404

    def test_they_count_requests_by_endpoint_and_status(self, watched):
        name = 'community_requests_total{endpoint="observe.healthz",method="GET",status="200"}'
        before = metrics(watched).get(name, 0)
        for _ in range(3):
            ask(watched, "/healthz")
        assert metrics(watched)[name] == before + 3

    def test_an_address_that_leads_nowhere_makes_no_line_of_its_own(self, watched):
        """Strangers could otherwise fill the memory with names."""
        ask(watched, "/nowhere-in-particular")
        assert not any("nowhere-in-particular" in name for name in metrics(watched))

    def test_they_tell_how_many_deliveries_wait_and_how_many_were_given_up(self, watched, effects):
        bus.subscribe({Happened: (first, failing)})
        with watched.app_context():
            for brand_id in (LUNE, VELORA):
                with brand_scope(brand_id):
                    bus.publish(Happened(1))
                    db.session.commit()
        states = ('community_deliveries{state="due"}', 'community_deliveries{state="parked"}')
        assert [metrics(watched)[state] for state in states] == [4, 0]
        with watched.app_context():
            bus.deliver_due()
        assert [metrics(watched)[state] for state in states] == [2, 0]


class TestLogs:
    def test_a_request_is_one_line_that_names_it_and_nothing_typed(self, app):
        with capture_logs() as lines:
            ask(app, "/no/such/page?token=secret")
        [line] = [line for line in lines if line["event"] == "request"]
        assert (line["method"], line["path"], line["status"]) == ("GET", "/no/such/page", 404)
        assert "secret" not in str(lines)

    def test_health_checks_are_not_logged(self, app):
        with capture_logs() as lines:
            ask(app, "/healthz")
        assert lines == []

    def test_a_request_keeps_the_name_a_proxy_gave_it(self, app):
        assert (
            ask(app, "/healthz", **{"X-Request-Id": "abc123"}).headers["X-Request-Id"] == "abc123"
        )

    @pytest.mark.parametrize("given", ["", "x" * 65, "a b", "<b>", "a-b"])
    def test_a_name_that_is_none_is_replaced(self, app, given):
        name = ask(app, "/healthz", **{"X-Request-Id": given}).headers["X-Request-Id"]
        assert len(name) == 16
        assert name != given


def test_no_library_logs_what_it_is_given(caplog, app):
    with caplog.at_level(logging.DEBUG):
        ask(app, "/healthz")
    assert "password" not in caplog.text
