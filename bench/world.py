"""A made-up community of any size, loaded fast: what the pages are measured on.

Skewed as real ones are: a few categories, members and threads have most of what there is. The
same number of posts gives the same world each time.
"""

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice

from sqlalchemy import Table, func, insert, select, text

from community.brands import service as brands
from community.kernel import text as markdown
from community.kernel.db import db
from community.kernel.tenancy import brand_scope, writing_across_brands
from community.members import passwords
from community.members.models import Member, Role
from community.threads import counted, counts
from community.threads.categories import add_category
from community.threads.models import Post, Tag, Thread, ThreadTag

HOST, PASSWORD = "bench.localhost", "a password of the bench"
CATEGORIES, SECTIONS, MEMBERS, TAGS = 20, 6, 2_000, 40
POSTS_PER_THREAD = 10
LONG_THREAD = 500  # posts of the first thread
PORTION = 5_000  # rows in one statement
BEGAN, SPAN = datetime(2022, 1, 1, tzinfo=UTC), timedelta(days=1_400)
_COMMON = "battery range winter charger saddle brake update screen tyre order delivery app"
_ENDINGS = "ra lo mi ten var dus pel nor gai sem tik bru fon zel qua"
COMMON, ENDINGS = _COMMON.split(), _ENDINGS.split()
RARE = "zygomorphic"
"""A word in one post of five thousand."""
VARIETY = 400
"""How many different texts there are: writing Markdown and HTML for each post takes hours."""


def load(posts: int) -> None:
    """Fill an empty database with one brand of that many posts."""
    chance = random.Random(7)
    brand_id = brands.create_brand(slug="bench", name="Bench", hosts=[HOST], locale="en").id
    with brand_scope(brand_id):
        rooms = _add_categories()
        db.session.commit()
    with writing_across_brands("the bench loads a brand of its own") as session:
        for table, rows in _tables(brand_id, posts, rooms, chance):
            _write(session, table, rows)
    with brand_scope(brand_id):
        counts.recount_categories()
        counted.count_again(None)
        db.session.commit()
    if db.engine.dialect.name == "postgresql":
        _vacuum()


def _add_categories() -> dict[int, int]:
    """Sections and parts; gives the section of each."""
    sections = [add_category(name=f"Section {n + 1}") for n in range(SECTIONS)]
    db.session.flush()  # the parts need their ids
    parts = [
        add_category(name=f"Part {n + 1}", parent=sections[n % SECTIONS])
        for n in range(CATEGORIES - SECTIONS)
    ]
    db.session.flush()
    return {category.id: category.parent_id or category.id for category in (*sections, *parts)}


def _tables(brand_id, posts, rooms, chance) -> Iterator[tuple[Table, Iterable[dict]]]:
    threads = max(2, posts // POSTS_PER_THREAD)
    lengths = _lengths(threads, posts, chance)
    yield Member.__table__, _members(brand_id)
    yield Tag.__table__, ({"id": n, "brand_id": brand_id, "slug": f"tag-{n}"} for n in _ids(TAGS))
    starts = list(accumulate(lengths, initial=0))
    yield Thread.__table__, _threads(brand_id, lengths, starts, rooms, chance)
    yield ThreadTag.__table__, _thread_tags(brand_id, threads)
    yield Post.__table__, _posts(brand_id, lengths, starts, chance)


def _ids(count: int) -> range:
    return range(1, count + 1)


def _lengths(threads: int, posts: int, chance: random.Random) -> list[int]:
    """Posts per thread: one long, most short, the sum as asked."""
    long = min(LONG_THREAD, posts // 2)
    weights = [chance.paretovariate(1.3) for _ in range(threads - 1)]
    scale = (posts - long - (threads - 1)) / sum(weights)
    lengths = [1 + min(int(weight * scale), LONG_THREAD // 2) for weight in weights]
    short = posts - long - sum(lengths)
    for n in range(short):
        lengths[n % len(lengths)] += 1
    return [long, *lengths]


def _members(brand_id: int) -> Iterator[dict]:
    secret = passwords.hash_password(PASSWORD)
    for n in _ids(MEMBERS):
        yield {
            "id": n,
            "brand_id": brand_id,
            "username": f"rider_{n}",
            "username_key": f"rider_{n}",
            "name": f"Rider {n}",
            "email": f"rider_{n}@bench.example",
            "email_key": f"rider_{n}@bench.example",
            "password_hash": secret,
            "role": Role.EXPERT if n % 100 == 0 else Role.MEMBER,
            "confirmed_at": BEGAN,
            "posts_count": 50,  # nobody is new
            "created_at": BEGAN,
        }


def _threads(brand_id, lengths, starts, rooms, chance) -> Iterator[dict]:
    step, places = SPAN / sum(lengths), list(rooms)
    for n, length in enumerate(lengths, start=1):
        title = f"{' '.join(chance.choices(COMMON, k=3))} {_word(chance)} {n}"
        category = places[min(int(chance.expovariate(0.25)), len(places) - 1)]
        began = BEGAN + step * starts[n - 1]
        yield {
            "id": n,
            "brand_id": brand_id,
            "category_id": category,
            "section_id": rooms[category],
            "author_id": _member(chance),
            "last_author_id": _member(chance),
            "title": title,
            "slug": markdown.slugify(title),
            "excerpt": "What helps with it, after a winter of riding every day?",
            "posts_count": length,
            "next_number": length + 1,
            "views_count": length * 9,
            "created_at": began,
            "last_post_at": began + step * length,
            "tag_line": f"tag-{n % TAGS + 1}",
        }


def _thread_tags(brand_id: int, threads: int) -> Iterator[dict]:
    for n in _ids(threads):
        yield {"brand_id": brand_id, "thread_id": n, "tag_id": n % TAGS + 1}


def _posts(brand_id, lengths, starts, chance) -> Iterator[dict]:
    texts = _texts(chance)
    rare = "It is " + RARE + "."
    unusual = (rare, str(markdown.render(rare)))
    step = SPAN / sum(lengths)
    for thread, length in enumerate(lengths, start=1):
        for number in _ids(length):
            id_ = starts[thread - 1] + number
            body, html = unusual if id_ % 5_000 == 0 else chance.choice(texts)
            yield {
                "id": id_,
                "brand_id": brand_id,
                "thread_id": thread,
                "number": number,
                "author_id": _member(chance),
                "body": body,
                "html": html,
                "render_version": markdown.RENDER_VERSION,
                "helpful_count": id_ % 7 == 0,
                "imported_helpful": id_ % 7 == 0,
                "created_at": BEGAN + step * id_,
            }


def _member(chance: random.Random) -> int:
    return min(1 + int(chance.expovariate(3) * MEMBERS), MEMBERS)


def _texts(chance: random.Random) -> list[tuple[str, str]]:
    """Markdown with its HTML: two paragraphs, a list, a link; about 500 characters."""
    made = []
    for _ in range(VARIETY):
        first, second = (
            " ".join(chance.choices(COMMON, k=12) + [_word(chance) for _ in range(14)])
            for _ in range(2)
        )
        body = f"{first}, **really**.\n\n- one\n- two\n\n{second} [there](https://example.org/x)"
        made.append((body, str(markdown.render(body))))
    return made


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(ENDINGS, k=3))


def _write(session, table: Table, rows: Iterable[dict]) -> None:
    rows, statement = iter(rows), insert(table)
    while portion := list(islice(rows, PORTION)):
        session.execute(statement, portion)
    if db.engine.dialect.name == "postgresql" and "id" in table.c:
        serial = func.pg_get_serial_sequence(table.name, "id")
        session.execute(select(func.setval(serial, select(func.max(table.c.id)).scalar_subquery())))


def _vacuum() -> None:
    """What autovacuum does on a server that lives: the planner knows the tables then."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
