"""A server a browser can visit, and the way to be signed in there."""

from dataclasses import dataclass
from threading import Thread

from flask import Flask
from playwright.sync_api import BrowserContext
from sqlalchemy import select
from werkzeug.serving import make_server

from community import create_app
from community.brands.models import Brand
from community.brands.queries import forget_hosts
from community.kernel.db import db, writing
from community.kernel.tenancy import across_brands, brand_scope
from community.members import sessions
from community.settings import Settings
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


class Serving:
    """The community of a test behind a port; it can go away, and come back as another process."""

    def __init__(self, settings: Settings):
        self._settings, self.port = settings, 0
        self.start()

    def start(self) -> None:
        forget_hosts()
        self._behind = make_server("127.0.0.1", self.port, Flask("not yet"), threaded=True)
        self.port = self._behind.server_port
        suffix = {"port_suffix": f":{self.port}"}
        self.app = create_app(self._settings.model_copy(update=suffix), testing=True)
        self._behind.app = self.app
        self._thread = Thread(target=self._behind.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        self._behind.shutdown()
        self._thread.join()
        self._behind.server_close()
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()


def id_of(slug: str) -> int:
    """A brand's id."""
    with across_brands("a test looks for its brand") as session:
        return session.scalars(select(Brand.id).where(Brand.slug == slug)).one()
