"""How often someone may do something, per member and per network.

Counters live in Redis when there is one, so that all machines count together.
Without it, or while it is away, each process counts in its own memory: a limit
then loosens, it never disappears. Passwords are counted in the database
(`members.guard`), which no outage loosens.
"""

import ipaddress
import time

import structlog
from limits import parse
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from community.kernel.errors import TooMany
from community.kernel.i18n import ngettext
from community.kernel.tenancy import brand_id_in_scope

log = structlog.get_logger()


def network(address: str | None) -> str:
    """What counts as one visitor: an IPv4 address, or the /64 an IPv6 address is in."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if ip.version == 6 and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if ip.version == 6:
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


class Limiter:
    """Counts acts; `redis_url` None means this process alone.

    A Redis that does not answer is left alone for `retry_s` seconds, then asked again.
    """

    def __init__(self, redis_url: str | None, *, retry_s: float = 5.0):
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = None
        self._retry_s = retry_s
        self._away_until = 0.0
        if redis_url:
            uri = redis_url.replace("unix://", "redis+unix://", 1)
            storage = storage_from_string(uri, socket_timeout=0.5, socket_connect_timeout=0.5)
            self._shared = SlidingWindowCounterRateLimiter(storage)

    def hit(self, act: str, who: str, rate: str) -> None:
        """Count one act of `who` ("member:7", "net:…"); TooMany beyond `rate` ("5/minute").

        Counters belong to the brand in scope.
        """
        item = parse(rate)
        key = (f"brand:{brand_id_in_scope()}", act, who)
        if self._call("hit", item, *key):
            return
        reset, _left = self._call("get_window_stats", item, *key)
        wait = max(1, round(reset - time.time()))
        raise TooMany(
            ngettext(
                "That is too many at once. Try again in %(num)d second.",
                "That is too many at once. Try again in %(num)d seconds.",
                wait,
            ),
            retry_after=wait,
        )

    def is_shared(self) -> bool:
        """Whether the shared counters answer; None of them configured counts as no."""
        return self._shared is not None and time.monotonic() >= self._away_until

    def _call(self, method: str, *args):
        if self.is_shared():
            try:
                return getattr(self._shared, method)(*args)
            except RedisError as error:
                self._away_until = time.monotonic() + self._retry_s
                log.warning("limits.redis_away", error=type(error).__name__)
        return getattr(self._own, method)(*args)
