"""How fast a leaderboard of many members answers: `python -m bench.boards`.

A brand with that many members with points is made in a new database of each kind. Printed is the
time of `boards.board`, as a member in the middle asks for it (the first fifty places and the own
one), median and 95th percentile of fifty, without the page around it.
"""

import argparse
import os
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import flask_migrate
from sqlalchemy import insert

from community import create_app
from community.brands.models import Brand
from community.kernel.db import db, now
from community.kernel.tenancy import brand_scope, writing_across_brands
from community.members.models import Member
from community.scoring import boards
from community.scoring.standing_models import MemberPeriodScore, Span
from community.settings import Settings
from tests import services

TIMES = 50


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.boards", description=__doc__)
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    options = parser.parse_args()
    for kind in options.databases:
        with tempfile.TemporaryDirectory() as folder:
            if kind == "sqlite":
                url = f"sqlite:///{Path(folder) / 'boards.db'}"
                _measure(kind, url, url, options.members)
            else:
                services.begin()
                try:
                    server = services.postgres()
                    name = server.create_database(f"boards_{os.getpid()}")
                    _measure(kind, server.app_url(name), server.owner_url(name), options.members)
                finally:
                    services.end()


def _measure(kind: str, url: str, owner_url: str, members: int) -> None:
    settings = Settings(
        secret_key="only for measuring " * 4,
        database_url=url,
        database_owner_url=owner_url if owner_url != url else None,
        storage_url="file:///nowhere",
        mail_url="file:///nowhere",
    )
    app = create_app(settings, testing=True)
    with app.app_context():
        flask_migrate.upgrade()
        brand = Brand(slug="lune", name="Lune", locale="en", time_zone="Europe/Paris")
        db.session.add(brand)
        db.session.commit()
        _fill(brand.id, members)
        times = []
        for _n in range(TIMES):
            with brand_scope(brand.id):
                actor = db.session.get_one(Member, members // 2)
                begun = time.perf_counter()
                boards.board(actor, Span.ALL)
                times.append(1000 * (time.perf_counter() - begun))
        times.sort()
        print(
            f"{kind}: {members:,} members, p50 {statistics.median(times):.1f} ms,"
            f" p95 {times[int(0.95 * TIMES)]:.1f} ms"
        )
        db.session.remove()
        db.engine.dispose()


def _fill(brand_id: int, members: int) -> None:
    """Points as they are in communities: few have many, many have few."""
    with writing_across_brands("the measure makes a brand") as session:
        people, scores = [], []
        for n in range(1, members + 1):
            people.append(
                {
                    "id": n,
                    "brand_id": brand_id,
                    "username": f"m{n}",
                    "username_key": f"m{n}",
                    "given_name": f"M {n}",
                }
            )
            scores.append(
                {
                    "brand_id": brand_id,
                    "member_id": n,
                    "span": Span.ALL,
                    "period": "all",
                    "section_id": boards.EVERYWHERE,
                    "points": 1 + 10 * members // n,
                    "reached_at": now() - timedelta(seconds=n),
                }
            )
        session.execute(insert(Member), people)
        session.execute(insert(MemberPeriodScore), scores)


if __name__ == "__main__":
    main()
