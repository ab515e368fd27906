"""A phone shows the brand's name, colour and icon."""

import pytest


@pytest.mark.parametrize("brand", ["lune", "velora"])
def test_every_page_leads_to_a_manifest_with_an_icon_that_exists(visit, brand):
    browser = visit(brand=brand)
    assert 'rel="manifest" href="/manifest.webmanifest"' in browser.get("/").text
    answer = browser.get("/manifest.webmanifest")
    assert (answer.status_code, answer.mimetype) == (200, "application/manifest+json")
    assert "Set-Cookie" not in answer.headers
    (icon,) = answer.json["icons"]
    assert browser.get(icon["src"], follow_redirects=True).mimetype == icon["type"]


def test_a_manifest_is_its_brands_own(visit):
    lune = visit().get("/manifest.webmanifest").json
    velora = visit(brand="velora").get("/manifest.webmanifest").json
    assert lune["name"] != velora["name"]


def test_a_host_without_a_brand_has_no_manifest(visit):
    answer = visit().get("/manifest.webmanifest", base_url="http://unknown.example")
    assert answer.status_code == 404
