"""Opening brands and changing what they may change about themselves."""

import pytest
from sqlalchemy import select

from community.brands import service
from community.brands.models import FEATURES, Brand, BrandHost
from community.brands.queries import brand_of_host, canonical_host
from community.kernel.db import db, writing
from community.kernel.errors import Conflict, Forbidden, Invalid
from community.kernel.tenancy import brand_scope
from tests.conftest import who

NOVA = {"slug": "nova", "name": "Nova", "locale": "en", "hosts": ["nova.localhost"]}


@pytest.fixture
def outside(app):
    """No brand is served, as on the command line."""
    with app.app_context(), writing():
        yield


def test_a_brand_is_opened_with_its_hosts(outside):
    hosts = ["Nova.Example.", "www.nova.example", "nova.example"]
    brand = service.create_brand(**NOVA | {"hosts": hosts}, theme={"brand": "#c8f04b"})
    with brand_scope(brand.id):
        assert canonical_host() == "nova.example"
        assert {row.host for row in db.session.scalars(select(BrandHost))} == {
            "nova.example",
            "www.nova.example",
        }
        stored = db.session.get_one(Brand, brand.id)
        assert stored.theme_inputs == {"brand": "#c8f04b"}
        assert stored.theme["radius"] == 0.75
        assert stored.features == FEATURES
    assert brand_of_host("www.nova.example").canonical == "nova.example"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"slug": "Nova"}, "slug"),
        ({"slug": "n"}, "slug"),
        ({"slug": "-nova"}, "slug"),
        ({"name": "…"}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"locale": "xx"}, "locale"),
        ({"time_zone": "Mars"}, "time_zone"),
        ({"hosts": []}, "hosts"),
        ({"hosts": ["http://nova.example"]}, "hosts"),
        ({"hosts": ["nova.example:8000"]}, "hosts"),
        ({"hosts": ["no va.example"]}, "hosts"),
        ({"hosts": ["-nova.example"]}, "hosts"),
        ({"theme": {"brand": "red"}}, "theme"),
        ({"theme": {"radius": 9}}, "theme"),
        ({"theme": {"colour": "#000000"}}, "theme"),
        ({"legal": {"king": "me"}}, "legal"),
        ({"legal": {"address": "x" * 1001}}, "legal"),
        ({"features": {"guest_reading": "maybe"}}, "features"),
        ({"features": {"flying": True}}, "features"),
        ({"links": [{"label": "Shop", "url": "javascript:x()"}]}, "links"),
        ({"links": [{"label": "", "url": "https://nova.example"}]}, "links"),
        ({"links": [{"label": "Shop", "url": "https://n.example"}] * 9}, "links"),
        ({"mail_address": "nova"}, "mail_address"),
        ({"rules": "x" * 32_001}, "rules"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_what_a_brand_cannot_be_is_refused_with_its_field(outside, wrong, field):
    with pytest.raises(Invalid) as refusal:
        service.create_brand(**NOVA | wrong)
    assert refusal.value.field == field
    with brand_scope(1):
        assert db.session.scalars(select(Brand).where(Brand.slug == "nova")).all() == []


def test_a_logo_that_holds_more_than_drawing_is_refused(outside):
    hostile = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><script>x()</script></svg>'
    drawn = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1"/></svg>'
    brand = service.create_brand(**NOVA, logo_svg=drawn)
    assert "<path" in brand.theme["logo_svg"]
    try:
        service.set_facts(brand, logo_svg=hostile)
    except Invalid:
        assert brand.logo_svg == drawn
    else:
        assert "script" not in brand.theme["logo_svg"]


@pytest.mark.parametrize("taken", [{"slug": "lune"}, {"hosts": ["www.lune.localhost"]}])
def test_what_is_another_brands_is_not_given(outside, taken):
    with pytest.raises(Conflict):
        service.create_brand(**NOVA | taken)


def test_values_are_set_from_words(in_lune):
    brand = service.the_brand()
    brand.legal = {"publisher": "Maison Lune SAS"}
    service.set_values(
        brand,
        {
            "name": "Maison  Lune",
            "theme.brand": "#8f3a52",
            "theme.radius": "1rem",
            "legal.contact": "bonjour@lune.example",
            "features.guest_reading": "off",
            "hosts": "forum.lune.example lune.localhost",
        },
    )
    assert brand.name == "Maison Lune"
    assert brand.theme_inputs == {"brand": "#8f3a52", "radius": 1.0}
    assert brand.legal["publisher"] == "Maison Lune SAS"
    assert brand.legal["contact"] == "bonjour@lune.example"
    assert brand.features["guest_reading"] is False
    assert canonical_host() == "forum.lune.example"
    service.set_values(brand, {"theme.radius": ""})
    assert brand.theme_inputs == {"brand": "#8f3a52"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"features.guest_reading": "perhaps"}, "features"),
        ({"nothing.x": "1"}, "nothing.x"),
        ({"slug": "other"}, "slug"),
        ({"hosts": "velora.localhost"}, None),
    ],
)
def test_words_that_mean_nothing_are_refused(in_lune, values, field):
    with pytest.raises((Invalid, Conflict)) as refusal:
        service.set_values(service.the_brand(), values)
    assert getattr(refusal.value, "field", None) == field


def test_managers_change_the_brand_and_others_do_not(in_lune):
    for actor in ("ada", "eve", "mod"):
        with pytest.raises(Forbidden):
            service.update_brand(who(actor), tagline="New words")
    service.update_brand(who("mia"), tagline="New words", hosts=["lune.localhost"])
    assert service.the_brand().tagline == "New words"
    assert {row.host for row in db.session.scalars(select(BrandHost))} == {"lune.localhost"}
