"""The leaderboard on a phone: everything in reach, nothing too wide, and a way out of it."""

import pytest
from playwright.sync_api import Page, expect

from community.kernel.db import db, writing
from community.kernel.tenancy import brand_scope
from tests.browser.server import Server
from tests.factories import LUNE
from tests.scoring.acts import counted, give

pytestmark = pytest.mark.browser


@pytest.fixture
def cleo(browse, server: Server) -> Page:
    """Let Cleo, who has fewest points of four, open the board of all time on a phone."""
    with server.app.app_context(), writing(), brand_scope(LUNE):
        for name, points in {"ada": 300, "ben": 120, "eve": 90, "cleo": 20}.items():
            give(name, points)
        counted("ada", "ben", "eve", "cleo")
        db.session.commit()
    page = browse(base_url=server.url("").rstrip("/"))
    server.enter(page.context, "cleo")
    page.goto("/leaderboard?period=all")
    return page


def test_the_board_fits_a_phone_and_says_where_one_stands(cleo: Page, axe):
    assert cleo.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [390, 390]
    expect(cleo.locator(".podium > li")).to_have_count(3)
    expect(cleo.locator("tr[aria-current]")).to_contain_text("Cleo")
    expect(cleo.get_by_text("70 points to the place above.")).to_be_visible()
    assert axe(cleo) == []


def test_one_switch_takes_a_member_off_the_boards(cleo: Page):
    cleo.get_by_role("link", name="Appear or not").click()
    cleo.get_by_role("switch", name="Show me on leaderboards").uncheck()
    cleo.get_by_role("button", name="Save").click()
    expect(cleo.get_by_text("You are not on this board")).to_be_visible()
    cleo.goto("/leaderboard?period=all")
    expect(cleo.locator("tr[aria-current]")).to_have_count(0)


def test_the_profile_explains_standing_without_a_fault(cleo: Page, axe):
    cleo.goto("/m/cleo")
    expect(cleo.get_by_role("heading", name="Influence")).to_be_visible()
    assert cleo.evaluate("document.documentElement.scrollWidth") == 390
    assert axe(cleo) == []
