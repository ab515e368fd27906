"""How fast the community answers: `make bench`, or `python -m bench --seconds 10 --clients 16`.

A server of its own is started on a free port of this machine, with the demo community in a
temporary folder. A fixed number of clients ask for one page after another for a fixed time, each
waiting for its answer before it asks again. The figures are requests per second and the time to
an answer in milliseconds: the median, and what 95 % and 99 % of the answers stay under. The
clients run on the same machine and take part of it.
"""

import argparse
import http.client
import re
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from bench.importing import posts_per_second
from tests.serving import NotServing, demo_community

HOST = "lune.localhost"


class Failed(Exception):
    """The measurement is worthless; the message says why."""


def main() -> int:
    """Measure and print; return 1 when a page did not answer 200."""
    options = _options()
    try:
        print(f"import: {posts_per_second():.0f} posts a second, the whole command, on SQLite\n")
        with demo_community("--processes", str(options.processes)) as port:
            print(f"{options.clients} clients, {options.seconds} s for each page\n")
            print(f"{'page':<12}{'req/s':>9}{'median':>9}{'95 %':>9}{'99 %':>9}   ms")
            for name, path in _pages(port):
                print(_line(name, _measure(port, path, options)), flush=True)
    except (Failed, NotServing) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--processes", type=int, default=1)
    return parser.parse_args()


def _pages(port: int) -> list[tuple[str, str]]:
    """Pick the home page, and a category, a thread and the stylesheet that it links to."""
    with closing(_connect(port)) as connection:
        home = _get(connection, "/").decode()
    found = [("home", "/")]
    for name, pattern in (
        ("category", r'href="(/c/[^"#?]+)"'),
        ("thread", r'href="(/t/\d+/[^"#?]+)"'),
        ("stylesheet", r'href="(/assets/[^"]+\.css)"'),
    ):
        if not (link := re.search(pattern, home)):
            raise Failed(f"The home page links to no {name}.")
        found.append((name, link[1]))
    return found


def _measure(port: int, path: str, options: argparse.Namespace) -> tuple[float, list[float]]:
    """Ask for one page; return requests per second and the sorted times in milliseconds."""

    def client(until: float) -> list[float]:
        times = []
        with closing(_connect(port)) as connection:
            while (begun := time.perf_counter()) < until:
                _get(connection, path)
                times.append((time.perf_counter() - begun) * 1000)
        return times

    with ThreadPoolExecutor(options.clients) as pool:
        begun = time.perf_counter()
        until = [begun + options.seconds] * options.clients
        times = sorted(taken for one in pool.map(client, until) for taken in one)
        return len(times) / (time.perf_counter() - begun), times


def _connect(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path, headers={"Host": HOST})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise Failed(f"{path} answered {answer.status}.")
    return body


def _line(name: str, measured: tuple[float, list[float]]) -> str:
    rate, times = measured
    cuts = statistics.quantiles(times, n=100) if len(times) > 1 else times * 99
    return f"{name:<12}{rate:>9.0f}{cuts[49]:>9.1f}{cuts[94]:>9.1f}{cuts[98]:>9.1f}"


if __name__ == "__main__":
    sys.exit(main())
