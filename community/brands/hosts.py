"""The host names of a brand, changed one at a time with the checks that keep it reachable."""

from collections.abc import Sequence

from sqlalchemy import select

from community.brands.models import BrandHost
from community.brands.queries import the_brand
from community.brands.service import set_hosts
from community.events import BrandChanged
from community.kernel.bus import publish
from community.kernel.db import db
from community.kernel.errors import Conflict, Invalid, Missing
from community.kernel.i18n import _
from community.kernel.policy import require
from community.permissions import Can

MOST = 20


def hosts() -> Sequence[BrandHost]:
    """The host names of the brand in scope, the one it is known by first."""
    order = (BrandHost.is_canonical.desc(), BrandHost.host)
    return db.session.scalars(select(BrandHost).order_by(*order)).all()


def host_or_missing(host_id: int) -> BrandHost:
    host = db.session.get(BrandHost, host_id)
    if host is None:
        raise Missing(_("There is no such address."))
    return host


def add_host(actor, name: str) -> None:
    """Let another host name open the brand; its visitors are sent to the one it is known by.

    Raises Invalid, for the field "host", when it is no host name, opens a brand already, or
    when there are 20.
    """
    require(actor, Can.EDIT_BRAND)
    present = [row.host for row in hosts()]
    if len(present) >= MOST:
        raise Invalid(_("A brand has %(most)s addresses at most.", most=MOST), field="host")
    try:
        set_hosts(the_brand(), [*present, name])
    except (Invalid, Conflict) as refusal:
        raise Invalid(str(refusal), field="host") from None
    if len(hosts()) == len(present):
        raise Invalid(_("This address opens your community already."), field="host")
    _tell(actor)


def make_canonical(actor, host: BrandHost) -> None:
    """Make a host name the one the brand is known by; everyone has to sign in again there."""
    require(actor, Can.EDIT_BRAND)
    if host.is_canonical:
        raise Conflict(_("Your community is known by this address already."))
    others = [row.host for row in hosts() if row.id != host.id]
    set_hosts(the_brand(), [host.host, *others])
    _tell(actor)


def remove_host(actor, host: BrandHost) -> None:
    """Let a host name open the brand no more; Conflict for the one it is known by."""
    require(actor, Can.EDIT_BRAND)
    if host.is_canonical:
        raise Conflict(
            _("Your community is known by this address. Make another one the main address first.")
        )
    set_hosts(the_brand(), [row.host for row in hosts() if row.id != host.id])
    _tell(actor)


def _tell(actor) -> None:
    publish(BrandChanged(facts="hosts", changed_by_id=actor.id))
