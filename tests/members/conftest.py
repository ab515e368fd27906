"""Members with passwords, and the links that were mailed to them."""

import pytest
from sqlalchemy import select

from community.kernel.bus import EventRecord
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.members import links, passwords
from community.members.models import MailedLink, Purpose
from tests.conftest import who
from tests.factories import LUNE, VELORA

PASSWORD = "seven green bicycles"
HASHED = passwords.hash_password(PASSWORD)
BRAND_IDS = {"lune": LUNE, "velora": VELORA}


@pytest.fixture
def within(app):
    """`with within("lune"):` looks into the database as one brand."""

    class Within:
        def __init__(self, brand="lune"):
            self._context = app.test_request_context(base_url=f"http://{brand}.localhost")
            self._scope = brand_scope(BRAND_IDS[brand])

        def __enter__(self):
            self._context.push()
            self._scope.__enter__()

        def __exit__(self, *error):
            self._scope.__exit__(*error)
            self._context.pop()

    return Within


@pytest.fixture
def with_password(within):
    """Give everyone named the password, in both brands."""

    def give(*usernames):
        for brand in BRAND_IDS:
            with within(brand):
                for username in usernames:
                    who(username).password_hash = HASHED
                db.session.commit()

    return give


@pytest.fixture
def mailed(within):
    """`mailed("reset", "ada")` is the token of the last such link sent to Ada."""

    def last_token(purpose, username="ada", brand="lune"):
        with within(brand):
            member_id = who(username).id
            link = db.session.scalars(
                select(MailedLink)
                .where(MailedLink.member_id == member_id, MailedLink.purpose == Purpose(purpose))
                .order_by(MailedLink.id.desc())
            ).first()
            return link and links.token_of(link)

    return last_token


@pytest.fixture
def told(within):
    """Names of the events of a brand, in order."""

    def names(brand="lune"):
        with within(brand):
            return list(db.session.scalars(select(EventRecord.name).order_by(EventRecord.id)).all())

    return names
