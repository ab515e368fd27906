"""The demo: two brands worth looking at, that anyone can sign in to."""

import re

import flask_migrate
import pytest
from sqlalchemy import func, select

from community import create_app
from community.brands.models import Brand
from community.demo import service as demo
from community.demo.brands import PASSWORD
from community.kernel.db import Base, db, now, writing
from community.kernel.tenancy import across_brands, brand_scope
from community.media.models import Upload
from community.members import access
from community.members.models import Member, Role
from community.settings import Settings
from community.threads import counts
from community.threads.models import HelpfulVote, Post, PostMention, PostPicture, PostQuote, Thread
from tests.conftest import SECRET

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    settings = Settings(
        secret_key=SECRET,
        database_url=f"sqlite:///{folder}/community.db",
        storage_url=f"file://{folder}/uploads",
        mail_url=f"file://{folder}/mail",
    )
    app = create_app(settings, testing=True)
    with app.app_context():
        flask_migrate.upgrade()
        demo.load(lambda _line: None)
    return app


@pytest.fixture(params=["lune", "velora"])
def brand(request, loaded):
    with loaded.app_context():
        with across_brands("test") as session:
            brand_id = session.scalar(select(Brand.id).where(Brand.slug == request.param))
        with brand_scope(brand_id):
            yield request.param


def count(column) -> int:
    return db.session.scalar(select(func.count(column)))


def test_there_is_enough_to_look_at(brand):
    assert count(Thread.id) >= 40
    assert count(Member.id) >= 25
    assert count(Post.id) >= 200
    assert count(Upload.id) >= 10
    assert count(HelpfulVote.post_id) > 300
    assert count(PostMention.post_id) >= 10
    assert count(PostQuote.post_id) >= 10


def test_nothing_lies_in_the_future(brand):
    assert db.session.scalar(select(func.max(Post.created_at))) <= now()


def test_something_happened_this_week(brand):
    newest = db.session.scalar(select(func.max(Post.created_at)))
    assert (now() - newest).days < 1


def test_every_counter_is_true(brand):
    with writing():
        db.session.rollback()
        assert counts.recount() == 0


def test_no_picture_is_left_unresolved(brand):
    bodies = db.session.scalars(select(Post.body)).all()
    assert not [body for body in bodies if "picture:" in body]
    shown = {m for body in bodies for m in re.findall(r"/media/([0-9a-f]{32})-", body)}
    assert shown <= set(db.session.scalars(select(Upload.token)))
    noted = select(Upload.token).join(PostPicture, PostPicture.upload_id == Upload.id)
    assert shown == set(db.session.scalars(noted))


@pytest.mark.parametrize("role", list(Role))
def test_one_member_of_each_role_signs_in(brand, role):
    [address] = [a for slug, r, a in demo.sign_ins() if slug == brand and r == role]
    with writing():
        db.session.rollback()
        assert access.sign_in(address, PASSWORD, network="127.0.0.1").role is role


def test_it_is_there_once(loaded):
    with loaded.app_context():
        assert demo.exists()


def test_the_database_holds_no_row_without_its_brand(loaded):
    with loaded.app_context(), across_brands("test") as session:
        brands = set(session.scalars(select(Brand.id)))
        for mapper in Base.registry.mappers:
            if hasattr(mapper.class_, "brand_id"):
                assert set(session.scalars(select(mapper.class_.brand_id))) <= brands
