"""A server a browser can visit, and the way to be signed in there."""

from dataclasses import dataclass

from flask import Flask
from playwright.sync_api import BrowserContext
from sqlalchemy import select

from community.brands.models import Brand
from community.kernel.db import db, writing
from community.kernel.tenancy import across_brands, brand_scope
from community.members import sessions
from tests.conftest import who


@dataclass(frozen=True)
class Server:
    """The whole application behind a port; `app` is the same community in this process."""

    app: Flask
    port: int

    def url(self, path: str = "/", brand: str = "lune") -> str:
        return f"http://{brand}.localhost:{self.port}{path}"

    def enter(self, context: BrowserContext, username: str, brand: str = "lune") -> None:
        """Sign a visitor in without the form."""
        address = self.url(brand=brand)
        client = self.app.test_client()
        with self.app.app_context(), writing(), brand_scope(id_of(brand)):
            token = sessions.open_session(who(username))
            db.session.commit()
        with client.session_transaction(base_url=address) as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        name = self.app.config["SESSION_COOKIE_NAME"]
        kept = client.get_cookie(name, domain=f"{brand}.localhost")
        context.add_cookies([{"name": name, "value": kept.value, "url": address}])


def id_of(slug: str) -> int:
    """A brand's id."""
    with across_brands("a test looks for its brand") as session:
        return session.scalars(select(Brand.id).where(Brand.slug == slug)).one()
