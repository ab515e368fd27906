"""Asking a server for pages, one after another and side by side, and what each answer took."""

import http.client
import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPMessage
from urllib.parse import urlencode

from bench.cost import Crew, settle
from bench.world import HOST


class Failed(Exception):
    """The measurement is worthless; the message says why."""


@dataclass(frozen=True)
class Ask:
    """One request: a path, perhaps a form, and who asks."""

    path: str
    form: dict | None = None
    cookie: str = ""
    expected: int = 200


@dataclass(frozen=True)
class Measured:
    """`cpu_ms` and the times in milliseconds for one request; `rate` in requests a second."""

    cpu_ms: float
    rate: float
    p50: float
    p95: float
    bytes: int


@dataclass
class Server:
    """Where to ask, and the processes that work for the answers."""

    port: int
    crew: Crew
    _network: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def once(self, ask: Ask) -> tuple[bytes, HTTPMessage]:
        with closing(self._connection()) as connection:
            return self._answer(connection, ask)

    def measure(self, asks: Callable[[], Iterator[Ask]], *, number: int, clients: int) -> Measured:
        """Send `number` requests from `clients` at once, each waiting for its answer."""
        for ask in itertools.islice(asks(), 2 * clients):
            self.once(ask)
        parts = [list(itertools.islice(asks(), number // clients)) for _ in range(clients)]
        settle(self.crew)
        before, begun = self.crew.cpu_ms(), time.perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            answers = [one for part in pool.map(self._client, parts) for one in part]
        took = time.perf_counter() - begun
        settle(self.crew)
        spent = self.crew.cpu_ms() - before
        times = sorted(one for one, _size in answers)
        cuts = statistics.quantiles(times, n=20)
        size = answers[-1][1]
        return Measured(spent / len(times), len(times) / took, cuts[9], cuts[18], size)

    def _client(self, asks: list[Ask]) -> list[tuple[float, int]]:
        answers = []
        with closing(self._connection()) as connection:
            for ask in asks:
                begun = time.perf_counter()
                body, _headers = self._answer(connection, ask)
                answers.append(((time.perf_counter() - begun) * 1000, len(body)))
        return answers

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def _answer(self, connection, ask: Ask) -> tuple[bytes, HTTPMessage]:
        # Each request from another network: what is measured is the page, not the limits.
        number = next(self._network)
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        headers = {
            "Host": HOST,
            "X-Forwarded-For": address,
            "User-Agent": "Mozilla/5.0 Firefox/140.0",
        }
        if ask.cookie:
            headers["Cookie"] = ask.cookie
        if ask.form is None:
            connection.request("GET", ask.path, headers=headers)
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("POST", ask.path, urlencode(ask.form), headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != ask.expected:
            raise Failed(f"{ask.path} answered {answer.status}, not {ask.expected}.")
        return body, answer.headers
