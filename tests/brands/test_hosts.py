"""The addresses of a brand, one at a time."""

import pytest

from community.brands import hosts, service
from community.brands.queries import brand_of_host, canonical_host
from community.events import BrandChanged
from community.kernel.db import db
from community.kernel.errors import Conflict, Forbidden, Invalid
from tests.conftest import who
from tests.threads.acting import published


def named(name: str):
    return next(host for host in hosts.hosts() if host.host == name)


@pytest.mark.parametrize("name", ["ada", "mod"])
def test_managers_alone_change_addresses(in_lune, name):
    www = named("www.lune.localhost")
    for act in (
        lambda: hosts.add_host(who(name), "shop.lune.example"),
        lambda: hosts.make_canonical(who(name), www),
        lambda: hosts.remove_host(who(name), www),
    ):
        with pytest.raises(Forbidden):
            act()


def test_another_address_opens_the_brand_and_leads_to_the_main_one(in_lune):
    hosts.add_host(who("mia"), " Community.Lune.example. ")
    db.session.commit()
    assert hosts.hosts()[0].host == "lune.localhost"
    assert brand_of_host("community.lune.example").canonical == "lune.localhost"
    assert published(BrandChanged) == [{"facts": "hosts", "changed_by_id": who("mia").id}]


@pytest.mark.parametrize(
    "name", ["not a host", "http://lune.example", "velora.localhost", "www.lune.localhost"]
)
def test_an_address_that_cannot_be_added_is_refused_beside_the_field(in_lune, name):
    with pytest.raises(Invalid) as refusal:
        hosts.add_host(who("mia"), name)
    assert refusal.value.field == "host"
    assert len(hosts.hosts()) == 2


def test_there_is_an_end_to_addresses(in_lune, monkeypatch):
    monkeypatch.setattr(hosts, "MOST", 2)
    with pytest.raises(Invalid):
        hosts.add_host(who("mia"), "shop.lune.example")


def test_the_main_address_changes_places_with_another(in_lune):
    hosts.make_canonical(who("mia"), named("www.lune.localhost"))
    db.session.commit()
    assert canonical_host() == "www.lune.localhost"
    assert brand_of_host("lune.localhost").canonical == "www.lune.localhost"
    with pytest.raises(Conflict):
        hosts.make_canonical(who("mia"), named("www.lune.localhost"))


def test_the_main_address_cannot_be_removed(in_lune):
    with pytest.raises(Conflict):
        hosts.remove_host(who("mia"), named("lune.localhost"))
    hosts.remove_host(who("mia"), named("www.lune.localhost"))
    db.session.commit()
    assert [host.host for host in hosts.hosts()] == ["lune.localhost"]
    assert brand_of_host("www.lune.localhost") is None


def test_what_changed_is_told_and_nothing_when_nothing_did(in_lune):
    service.update_brand(who("mia"), name="Maison Lune", tagline="Skin, seriously")
    service.update_brand(who("mia"), tagline="Skin, seriously")
    service.update_brand(who("mia"), theme={"brand": "#8f3a52"}, features={"guest_reading": False})
    assert [event["facts"] for event in published(BrandChanged)] == ["tagline", "theme features"]
