"""What only the back office does."""

from community.kernel import bus
from community.kernel.bus import Delivery
from community.kernel.policy import require
from community.permissions import Can


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
