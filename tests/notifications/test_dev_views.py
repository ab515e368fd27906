"""The mail of a demo."""

import re

import pytest

from community import create_app
from community.kernel.db import db
from tests.factories import LUNE, VELORA
from tests.notifications.conftest import Community


@pytest.fixture
def settings(settings, tmp_path):
    return settings.model_copy(update={"mail_url": f"file://{tmp_path}/mail"})


@pytest.fixture
def mailed(app):
    for brand_id in (LUNE, VELORA):
        here = Community(app, brand_id)
        here.start("ben", title=f"Thread of brand {brand_id}", body="Hello @ada")
        here.settle()


def names(client) -> list[str]:
    page = client.get("/dev/mail/").get_data(as_text=True)
    return re.findall(r'href="/dev/mail/([^"/]+)"', page)


def test_each_brand_shows_its_own_mail(mailed, visit):
    page = visit().get("/dev/mail/").get_data(as_text=True)
    assert "Thread of brand 1" in page and "Thread of brand 2" not in page
    (name,) = names(visit())
    assert visit(brand="velora").get(f"/dev/mail/{name}").status_code == 404
    assert visit(brand="velora").get(f"/dev/mail/{name}/html").status_code == 404


def test_a_mail_shows_its_text_with_links_and_its_html_in_a_frame(mailed, visit):
    (name,) = names(visit())
    response = visit().get(f"/dev/mail/{name}")
    page = response.get_data(as_text=True)
    assert re.search(r'<a href="http://lune.localhost/t/\d+/thread-of-brand-1', page)
    assert f'src="/dev/mail/{name}/html"' in page
    assert "frame-src 'self'" in response.headers["Content-Security-Policy"]


def test_the_html_of_a_mail_runs_nothing_and_is_framed_by_us_alone(mailed, visit):
    (name,) = names(visit())
    response = visit().get(f"/dev/mail/{name}/html")
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ") and "allow-scripts" not in policy
    assert "frame-ancestors 'self'" in policy
    assert '<base target="_top">' in response.get_data(as_text=True)


def test_no_name_leads_out_of_the_folder(mailed, visit):
    client = visit()
    for name in ("..", "../velora/x", "..%2f..%2fsecret", "x", "%00"):
        assert client.get(f"/dev/mail/{name}/html").status_code == 404


@pytest.mark.parametrize("change", [{"dev_mail": False}, {"mail_url": "smtp://127.0.0.1:2525"}])
def test_there_is_none_where_nobody_asked_for_it(settings, change):
    app = create_app(settings.model_copy(update=change), testing=True)
    for address in ("/dev/mail/", "/dev/mail/x", "/dev/mail/x/html"):
        answer = app.test_client().get(address, base_url="http://lune.localhost")
        assert answer.status_code == 404
    with app.app_context():
        db.engine.dispose()
