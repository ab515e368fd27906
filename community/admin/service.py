"""What only the back office does."""

from community.brands import service as brands
from community.brands.queries import the_brand
from community.events import DeliveryDiscarded
from community.kernel import bus
from community.kernel.bus import Delivery, publish
from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.kernel.text import clean_line
from community.media import service as media
from community.permissions import Can
from community.threads import categories
from community.threads.models import Category

REASON_MAX = 300


# -- Deliveries ------------------------------------------------------------


def replay_delivery(actor, delivery: Delivery) -> None:
    """Try a parked delivery again; Conflict when it is not parked."""
    require(actor, Can.REPLAY_DELIVERY)
    bus.replay(delivery)


def replay_all(actor) -> int:
    """Try every parked delivery again; returns how many."""
    require(actor, Can.REPLAY_DELIVERY)
    parked = bus.parked()
    for delivery in parked:
        bus.replay(delivery)
    return len(parked)


def discard_delivery(actor, delivery: Delivery, *, reason: str) -> None:
    """Never try a parked delivery again; the reason and who gave it are kept with it."""
    require(actor, Can.REPLAY_DELIVERY)
    reason = clean_line(reason)
    if not 1 <= len(reason) <= REASON_MAX:
        raise Invalid(_("Say why, in %(limit)s characters.", limit=REASON_MAX), field="reason")
    bus.discard(delivery, reason)
    publish(DeliveryDiscarded(delivery_id=delivery.id, discarded_by_id=actor.id))


# -- Pictures of the brand and its categories ------------------------------


def set_hero(actor, data: bytes | None, *, alt: str) -> None:
    """Show another picture at the top of the home page, none when `data` is empty bytes.

    None keeps the present one and changes its description alone. Raises what
    `media.add_picture` raises.
    """
    require(actor, Can.EDIT_BRAND)
    if data is None:
        brands.update_brand(actor, hero_alt=alt)
        return
    token = _keep(actor, data, alt)
    _let_go(the_brand().hero, token)
    brands.update_brand(actor, hero=token, hero_alt=alt if token else "")


def set_category_picture(actor, category: Category, data: bytes) -> None:
    """Show another picture with a category, none when `data` is empty."""
    require(actor, Can.EDIT_CATEGORIES)
    token = _keep(actor, data, category.name)
    _let_go(category.picture, token)
    categories.update_category(actor, category, picture=token)


def keep_category_picture(actor, data: bytes) -> str:
    """Keep a picture for a category that is about to be added; its token, "" without data."""
    require(actor, Can.EDIT_CATEGORIES)
    return _keep(actor, data, "")


def _keep(actor, data: bytes, alt: str) -> str:
    if not data:
        return ""
    upload = media.add_picture(actor, data, alt=alt)
    media.attach([upload])
    return upload.token


def _let_go(old: str, new: str) -> None:
    if old and old != new:
        media.discard(media.by_tokens([old]).values())
