"""Which brand a host name opens."""

from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from sqlalchemy import event, select

from community.brands.models import Brand, BrandHost
from community.kernel.db import db, now
from community.kernel.i18n import zone
from community.kernel.jobs import BrandClock
from community.kernel.tenancy import across_brands, brand_id_in_scope

_REMEMBERED_S = 5.0
_hosts: dict[str, tuple[float, "HostOfBrand | None"]] = {}
_brands: dict[int, tuple[float, Brand]] = {}


@dataclass(frozen=True)
class HostOfBrand:
    """Where a host name leads: to a brand, perhaps under another name."""

    brand_id: int
    canonical: str


def brand_of_host(host: str) -> HostOfBrand | None:
    """Look a host name up (without port, lower case); None opens nothing.

    Remembered for five seconds, so a new host or brand is open within that time.
    """
    known = _hosts.get(host)
    if known and monotonic() - known[0] < _REMEMBERED_S:
        return known[1]
    with across_brands("a host name comes before its brand") as session:
        brand_id = session.scalar(select(BrandHost.brand_id).where(BrandHost.host == host))
        found = None
        if brand_id is not None:
            canonical = select(BrandHost.host).where(
                BrandHost.brand_id == brand_id, BrandHost.is_canonical
            )
            found = HostOfBrand(brand_id, session.scalar(canonical) or host)
    if len(_hosts) > 10_000:  # strangers may invent host names without end
        _hosts.clear()
    _hosts[host] = (monotonic(), found)
    return found


def forget_hosts() -> None:
    """After hosts or whole brands changed in this process."""
    _hosts.clear()
    _brands.clear()


def remembered_brand(brand_id: int) -> Brand:
    """A brand to read from, never to change: what this process changed is seen at once, what
    another changed within five seconds.
    """
    known = _brands.get(brand_id)
    if known and monotonic() - known[0] < _REMEMBERED_S:
        return known[1]
    with across_brands("every page needs its brand") as session:
        brand = session.get_one(Brand, brand_id)
        session.expunge(brand)
    _brands[brand_id] = (monotonic(), brand)
    return brand


@event.listens_for(Brand, "after_update")
def _forget_brand(_mapper, _connection, brand: Brand) -> None:
    _brands.pop(brand.id, None)


def the_brand() -> Brand:
    """The brand in scope."""
    return db.session.get_one(Brand, brand_id_in_scope())


def canonical_host() -> str:
    """The host name the brand in scope is known by."""
    return db.session.scalars(select(BrandHost.host).where(BrandHost.is_canonical)).one()


def day_began() -> datetime:
    """When today began where the brand is: daily limits start again then."""
    here = now().astimezone(zone(the_brand().time_zone))
    return here.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def clocks() -> list[BrandClock]:
    """Every brand with the zone of its days, for scheduled events."""
    with across_brands("the clock runs for all brands") as session:
        rows = session.execute(select(Brand.id, Brand.time_zone)).all()
    return [BrandClock(brand_id, zone(name)) for brand_id, name in rows]
