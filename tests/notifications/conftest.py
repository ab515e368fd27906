"""Two communities whose mail goes to a real server of the test's own."""

from contextlib import contextmanager

import pytest
from sqlalchemy import select

from community.kernel import bus
from community.kernel.bus import Delivery
from community.kernel.db import db, writing
from community.kernel.tenancy import across_brands, brand_scope
from community.notifications.models import Mail, Notification
from community.threads import service
from community.threads.models import Category, Post, Thread
from tests.conftest import who
from tests.factories import LUNE
from tests.network import Postbox

TITLE = "Night serum in summer"


class MoodyPostbox(Postbox):
    """A mail server that may not know a recipient, or may take its time.

    `refuse_recipient` is its answer to every address; `meanwhile` is called before it says yes.
    """

    refuse_recipient: str | None = None
    meanwhile = staticmethod(lambda: None)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, server, session, envelope):
        self.meanwhile()
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def postbox():
    with MoodyPostbox() as box:
        yield box


@pytest.fixture
def settings(settings, postbox):
    return settings.model_copy(update={"mail_url": postbox.url})


class Community:
    """What happens in a brand, one committed step after the other."""

    def __init__(self, app, brand_id: int):
        self._app = app
        self._brand_id = brand_id

    @contextmanager
    def open(self):
        """Serve the brand inside the block and keep what was done."""
        with self._app.app_context(), writing(), brand_scope(self._brand_id):
            yield
            db.session.commit()

    def start(
        self, author="ada", *, title="Night serum in summer", body="Text", category="general"
    ):
        with self.open():
            place = db.session.scalars(select(Category).where(Category.slug == category)).one()
            return service.start_thread(who(author), place, title=title, body=body).id

    def reply(self, author, thread_id, body="A reply") -> int:
        with self.open():
            thread = db.session.get_one(Thread, thread_id)
            return service.reply(who(author), thread, body=body).id

    def opening(self, thread_id) -> int:
        with self.open():
            return db.session.scalars(select(Post.id).where(Post.thread_id == thread_id)).first()

    def act(self, act, actor, post_id, **how):
        """Hide, delete, restore or edit a post."""
        with self.open():
            act(who(actor), db.session.get_one(Post, post_id), **how)

    def change(self, username, **values):
        with self.open():
            member = who(username)
            for name, value in values.items():
                setattr(member, name, value)

    def told(self) -> list[tuple[str, str, int]]:
        """Who was told of which post, and why."""
        with self.open():
            notices = db.session.scalars(select(Notification).order_by(Notification.id))
            return [(n.member.username, n.reason.value, n.post_id) for n in notices]

    def mails(self) -> list[Mail]:
        with self.open():
            return list(db.session.scalars(select(Mail).order_by(Mail.id)))

    def settle(self, *, failing: bool = False) -> None:
        """Deliver everything that is due; nothing may fail unless the test is about that."""
        with self._app.app_context():
            while bus.deliver_due():
                pass
            with across_brands("did anything fail?") as session:
                errors = session.scalars(select(Delivery.error).where(Delivery.error.is_not(None)))
                assert bool(found := errors.all()) is failing, found


@pytest.fixture
def lune(app) -> Community:
    return Community(app, LUNE)


@pytest.fixture
def velora(app) -> Community:
    return Community(app, 2)


@pytest.fixture
def community(app):
    """The communities of both brands, whichever is asked for."""
    return lambda brand_id: Community(app, brand_id)
