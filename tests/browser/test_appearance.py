"""Light and dark for strangers, whose pages hold no form for it."""

import re

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize("brand", ["lune", "velora"])
def test_a_stranger_chooses_the_dark_in_one_press_and_stays_where_he_is(browse, stage, brand):
    page = browse(base_url=stage.url("", brand), color_scheme="light")
    page.goto("/rules?a=1")
    assert page.context.cookies() == []
    page.get_by_role("link", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("link", name="Dark")).to_have_attribute("aria-current", "true")
    assert page.url.endswith("/rules?a=1")
    assert "language" not in {cookie["name"] for cookie in page.context.cookies()}
    page.get_by_role("link", name="Automatic").click()
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")


def test_without_script_it_takes_a_page_and_leads_back(browse, stage):
    page = browse(base_url=stage.url("", "velora"), java_script_enabled=False)
    page.goto("/rules?a=1")
    page.get_by_role("link", name="Dark").click()
    expect(page).to_have_url(re.compile("/appearance"))
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile(r"/rules\?a=1$"))
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
