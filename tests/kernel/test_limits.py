"""Limits count each visitor of each brand, together over all machines, and outlive Redis."""

import os
import signal
import socket
import time
from contextlib import contextmanager, suppress

import pytest
import time_machine
from redis import Redis

from community.kernel.errors import TooMany
from community.kernel.limits import Limiter, network
from community.kernel.tenancy import NoBrandInScope, brand_scope
from tests import services
from tests.factories import LUNE, VELORA

pytestmark = pytest.mark.once
ADA = "member:1"


def hits(limiter, rate="3/minute", *, who=ADA, act="post", tries=10) -> int:
    """How many of some tries are let through."""
    let_through = 0
    for _ in range(tries):
        try:
            limiter.hit(act, who, rate)
        except TooMany:
            continue
        let_through += 1
    return let_through


@pytest.fixture
def redis_url():
    url = services.redis(9)
    with Redis.from_url(url) as store:
        store.flushdb()
    return url


@pytest.fixture(params=["memory", "redis"])
def limiter(request, redis_url):
    return Limiter(redis_url if request.param == "redis" else None)


class TestCounting:
    def test_acts_beyond_the_rate_are_refused(self, in_lune, limiter):
        assert hits(limiter) == 3

    def test_a_refusal_says_how_long_to_wait(self, in_lune, limiter):
        hits(limiter)
        with pytest.raises(TooMany) as refused:
            limiter.hit("post", ADA, "3/minute")
        assert 1 <= refused.value.retry_after <= 120
        assert "Try again in" in str(refused.value)

    def test_the_window_frees(self, in_lune, limiter):
        assert hits(limiter, "3/second") == 3
        time.sleep(2.1)  # a real clock: Redis has its own
        assert hits(limiter, "3/second", tries=3) == 3

    def test_waiting_as_long_as_told_is_enough(self, in_lune):
        limiter = Limiter(None)
        with time_machine.travel(1_800_000_000) as clock:
            hits(limiter)
            with pytest.raises(TooMany) as refused:
                limiter.hit("post", ADA, "3/minute")
            clock.shift(refused.value.retry_after)
            limiter.hit("post", ADA, "3/minute")

    def test_members_networks_and_acts_are_counted_apart(self, in_lune, limiter):
        hits(limiter)
        assert hits(limiter, who="member:2") == 3
        assert hits(limiter, who="net:192.0.2.1") == 3
        assert hits(limiter, act="vote") == 3

    def test_two_brands_are_counted_apart(self, app, limiter):
        with app.app_context():
            for brand_id in (LUNE, VELORA):
                with brand_scope(brand_id):
                    assert hits(limiter) == 3
            with brand_scope(LUNE):
                assert hits(limiter) == 0

    def test_outside_any_brand_nothing_is_counted(self, app, limiter):
        with app.app_context(), pytest.raises(NoBrandInScope):
            limiter.hit("post", ADA, "3/minute")

    def test_machines_that_share_redis_count_together(self, in_lune, redis_url):
        one, other = Limiter(redis_url), Limiter(redis_url)
        assert one.is_shared()
        assert hits(one, tries=2) + hits(other) == 3


class TestNetworks:
    @pytest.mark.parametrize(
        ("address", "counted_as"),
        [
            ("192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("fe80::1%eth0", "fe80::/64"),
            ("", "unknown"),
            (None, "unknown"),
            ("no address", "unknown"),
        ],
    )
    def test_an_address_counts_as_its_network(self, address, counted_as):
        assert network(address) == counted_as

    def test_a_whole_ipv6_network_shares_one_counter(self, in_lune, limiter):
        told = [network(f"2001:db8:1:2::{host:x}") for host in range(1, 9)]
        assert sum(hits(limiter, who=f"net:{net}", tries=1) for net in told) == 3


@contextmanager
def own_redis(folder):
    """A Redis of this test alone; yields its address and how to kill it."""
    port = services._start_valkey(folder)
    pid = int((folder / "valkey.pid").read_text())

    def kill():
        os.kill(pid, signal.SIGKILL)
        with suppress(ConnectionError):
            while True:  # until nobody listens
                socket.create_connection(("127.0.0.1", port), 1).close()
                time.sleep(0.01)

    try:
        yield f"redis://127.0.0.1:{port}/0", kill
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class TestAway:
    def test_when_redis_dies_midway_memory_goes_on_counting(self, in_lune, tmp_path):
        with own_redis(tmp_path) as (url, kill):
            limiter = Limiter(url)
            assert hits(limiter, tries=2) == 2
            assert limiter.is_shared()
            kill()
            assert hits(limiter) == 3  # a new count, and it holds
            assert not limiter.is_shared()
            assert hits(limiter) == 0

    def test_a_dead_redis_costs_one_wait_and_not_one_per_act(self, in_lune, tmp_path):
        with own_redis(tmp_path) as (url, kill):
            limiter = Limiter(url)
            kill()
            began = time.monotonic()
            assert hits(limiter, tries=200) == 3
            assert time.monotonic() - began < 3

    def test_a_redis_that_was_never_there_is_no_obstacle(self, in_lune):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        limiter = Limiter(f"redis://127.0.0.1:{port}/0")
        assert hits(limiter) == 3

    def test_a_redis_that_hangs_is_given_up_after_half_a_second(self, in_lune, tmp_path):
        with own_redis(tmp_path) as (url, _kill):
            limiter = Limiter(url)
            assert hits(limiter, tries=1) == 1
            os.kill(int((tmp_path / "valkey.pid").read_text()), signal.SIGSTOP)
            began = time.monotonic()
            assert hits(limiter) == 3
            assert time.monotonic() - began < 3

    def test_redis_is_asked_again_once_it_is_back(self, in_lune, tmp_path):
        with own_redis(tmp_path) as (url, _kill):
            pid = int((tmp_path / "valkey.pid").read_text())
            limiter = Limiter(url, retry_s=0.2)
            os.kill(pid, signal.SIGSTOP)
            hits(limiter, tries=1)
            os.kill(pid, signal.SIGCONT)
            assert not limiter.is_shared()
            time.sleep(0.2)
            assert hits(limiter, who="member:2") == 3
            assert limiter.is_shared()
            assert hits(Limiter(url), who="member:2") == 0
