"""How many statements a page sends to the database, counted in this process."""

from flask import Flask
from sqlalchemy import event

from bench.asking import Ask
from bench.world import HOST
from community.kernel.db import db


def count(app: Flask, ask: Ask) -> int:
    """Statements of a request; telling PostgreSQL the brand is one of them.

    The fewest of four: the first ones also look up what is remembered for some seconds.
    """
    with app.app_context():
        engine = db.engine
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        sent.append(statement)

    headers = {"Cookie": ask.cookie} if ask.cookie else {}
    client = app.test_client(use_cookies=False)
    event.listen(engine, "before_cursor_execute", note)
    counts = []
    try:
        for _ in range(4):
            sent.clear()
            client.get(ask.path, base_url=f"http://{HOST}", headers=headers)
            counts.append(len(sent))
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return min(counts)
