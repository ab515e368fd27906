"""What a community costs and how fast it answers: `make bench`, or `python -m bench --help`.

A made-up community (`bench.world`) is loaded into a new database of each kind and served by one
process, with one worker thread pool, as `community serve` does. For each page are printed: CPU
time for one request, of the server, the database and Redis together, by the kernel's accounting;
the same as a multiple of a bare Flask page of twenty posts without a database, measured in the same
run under the same server; requests a second with four clients; the time to an answer that half of
them and 95 % of them stay under; statements sent to the database; bytes of the page. The clients
run on the same machine and take part of it, which the CPU time does not count.
"""

import argparse
import itertools
import sys
import uuid
from collections.abc import Callable, Iterator

from sqlalchemy import func, select

from bench import finding, stand, statements
from bench.asking import Ask, Failed, Measured, Server
from bench.importing import posts_per_second
from bench.world import COMMON, RARE, TAGS
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.threads.models import Category, Thread
from tests.serving import NotServing

BRAND = 1
CLIENTS = 4
WRITERS = 36  # so many that none meets the limit on posts of a minute
HEAD = f"{'':<22}{'CPU ms':>8}{'x bare':>8}{'req/s':>8}{'p50':>8}{'p95':>8}{'SQL':>6}{'bytes':>9}"


def main() -> int:
    """Measure and print; return 1 when a page did not answer as it should."""
    options = _options()
    try:
        if not options.grow:
            print(f"import: {posts_per_second():.0f} posts a second, the whole command, on SQLite")
            print(finding.recall_at_5() or "similar: the pairs of duplicates are not there")
        for kind in options.databases:
            for posts in options.posts:
                _measure(kind, posts, options.requests)
    except (Failed, NotServing) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--databases", nargs="+", default=["postgresql", "sqlite"])
    parser.add_argument("--posts", nargs="+", type=int, default=[100_000])
    parser.add_argument("--grow", action="store_true", help="10,000, 100,000 and 1,000,000 posts")
    parser.add_argument("--requests", type=int, default=240)
    options = parser.parse_args()
    if options.grow:
        options.posts = [10_000, 100_000, 1_000_000]
    return options


def _measure(kind: str, posts: int, requests: int) -> None:
    with stand.made(kind, posts) as made:
        print(f"\n{kind}, {posts:,} posts: loaded in {made.seconds:.0f} s,", end=" ")
        print(f"indexed in {made.indexed:.0f} s; {CLIENTS} clients, {requests} requests each page")
        print(HEAD, flush=True)
        with stand.bare() as server:
            bare = server.measure(_again(Ask("/")), number=requests, clients=CLIENTS)
            _say("bare Flask page", bare, bare)
        with made.served(COMMUNITY_PAGE_CACHE_MB="0") as server:
            for name, ask in _pages(made).items():
                taken = server.measure(_again(ask), number=requests, clients=CLIENTS)
                _say(name, taken, bare, statements.count(made.app, ask))
            _as_members(made, server, bare, requests)
            print(f"{'memory':<22}{server.crew.memory_mb():>8.0f} MB, private, of all processes")
        with made.served() as server:
            ask = _pages(made)["thread"]
            taken = server.measure(_again(ask), number=4 * requests, clients=CLIENTS)
            _say("thread, kept", taken, bare)
        for taken in finding.times(made.app, BRAND):
            print(taken)


def _again(ask: Ask) -> Callable[[], Iterator[Ask]]:
    return lambda: itertools.repeat(ask)


def _pages(made: stand.Stand) -> dict[str, Ask]:
    """What a visitor asks for."""
    with made.app.app_context(), brand_scope(BRAND):
        biggest = select(Category).where(Category.parent_id.is_(None))
        room = db.session.scalars(biggest.order_by(Category.threads_count.desc())).first()
        of_room = select(func.count(Thread.id)).where(Thread.section_id == room.id)
        last_page = max(1, (db.session.scalar(of_room) or 0) // 20)
        newest = select(Thread).where(Thread.posts_count >= 20)
        thread = db.session.scalars(newest.order_by(Thread.last_post_at.desc())).first()
        long = db.session.get_one(Thread, 1)
        return {
            "home": Ask("/"),
            "category": Ask(f"/c/{room.slug}"),
            "category, page 300": Ask(f"/c/{room.slug}?page={min(300, last_page)}"),
            "thread": Ask(f"/t/{thread.id}/{thread.slug}"),
            "thread, page 25": Ask(f"/t/{long.id}/{long.slug}?page=25"),
            "tag": Ask(f"/tag/tag-{TAGS}"),
            "search, common word": Ask(f"/search?q={COMMON[0]}"),
            "search, rare word": Ask(f"/search?q={RARE}"),
            "search, three words": Ask(f"/search?q={'+'.join(COMMON[:3])}"),
        }


def _as_members(made: stand.Stand, server: Server, bare: Measured, requests: int) -> None:
    pages = _pages(made)
    thread = pages["thread"].path
    people = [stand.member(server, number, thread) for number in range(101, 101 + WRITERS)]
    for name in ("home", "category", "thread"):
        ask = Ask(pages[name].path, cookie=people[0].cookie)
        taken = server.measure(_again(ask), number=requests, clients=CLIENTS)
        _say(f"{name}, signed in", taken, bare, statements.count(made.app, ask))
    url = f"/t/{thread.split('/')[2]}/reply"

    def replies() -> Iterator[Ask]:
        for visitor in itertools.cycle(people):
            text = f"An answer of its own, {uuid.uuid4().hex}, with a few words more."
            form = {"csrf_token": visitor.token, "body": text, "submission": uuid.uuid4().hex}
            yield Ask(url, form, visitor.cookie, expected=303)

    waiting = replies()
    _say("reply", server.measure(lambda: waiting, number=60, clients=1), bare)
    at_door = iter([stand.sign_in(server, number) for number in range(200, 260)])
    _say("sign-in", server.measure(lambda: at_door, number=40, clients=1), bare)


def _say(name: str, taken: Measured, bare: Measured, sql: int | None = None) -> None:
    ratio = taken.cpu_ms / bare.cpu_ms
    print(
        f"{name:<22}{taken.cpu_ms:>8.2f}{ratio:>8.1f}{taken.rate:>8.0f}"
        f"{taken.p50:>8.1f}{taken.p95:>8.1f}{sql if sql is not None else '':>6}{taken.bytes:>9}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
