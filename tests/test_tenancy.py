"""The contract of brand scoping: every way to read or write, in two brands of the same content."""

import threading

import pytest
from sqlalchemy import delete, exists, func, insert, select, text, union_all, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased, joinedload, selectinload

from community.brands.models import Brand
from community.kernel.db import db
from community.kernel.tenancy import (
    NoBrandInScope,
    WrongBrand,
    across_brands,
    brand_id_in_scope,
    brand_scope,
    unprotected_tables,
)
from community.threads.models import Category, Post, Thread
from tests.conftest import who
from tests.factories import LUNE, VELORA


@pytest.fixture
def threads(app):
    """One thread of three posts in each brand; yields {brand: thread id}."""
    ids = {}
    with app.app_context():
        for brand_id in (LUNE, VELORA):
            with brand_scope(brand_id):
                ada = who("ada")
                category = db.session.scalars(select(Category)).first()
                thread = Thread(
                    title="hello",
                    slug="hello",
                    author_id=ada.id,
                    last_author_id=ada.id,
                    category_id=category.id,
                    section_id=category.id,
                )
                db.session.add(thread)
                db.session.flush()
                for number in (1, 2, 3):
                    db.session.add(
                        Post(
                            thread_id=thread.id,
                            number=number,
                            author_id=ada.id,
                            body=f"p{brand_id}",
                            html="",
                            render_version=1,
                        )
                    )
                db.session.commit()
                ids[brand_id] = thread.id
        yield ids


@pytest.fixture
def lune(threads):
    with brand_scope(LUNE):
        yield threads[LUNE]


@pytest.fixture
def other(threads):
    return threads[VELORA]


class TestReading:
    def test_a_select_finds_the_own_brand_only(self, lune):
        assert [t.id for t in db.session.scalars(select(Thread))] == [lune]

    def test_so_does_one_of_columns(self, lune):
        assert db.session.execute(select(Thread.id, Thread.title)).all() == [(lune, "hello")]

    def test_so_does_a_count(self, lune):
        assert db.session.scalar(select(func.count()).select_from(Post)) == 3
        assert db.session.scalar(select(func.count(Post.id))) == 3

    def test_so_does_a_join(self, lune, other):
        crossing = select(Thread, Post).join(Post, Post.thread_id != Thread.id)
        assert db.session.execute(crossing).all() == []

    def test_so_does_an_alias(self, lune):
        assert len(db.session.scalars(select(aliased(Post))).all()) == 3

    def test_so_do_subqueries_and_exists(self, lune):
        foreign = select(Post.thread_id).where(Post.body == f"p{VELORA}")
        assert db.session.execute(select(foreign.subquery())).all() == []
        assert db.session.scalar(select(exists().where(Post.body == f"p{VELORA}"))) is False
        assert db.session.scalar(select(select(func.count(Post.id)).scalar_subquery())) == 3

    def test_so_does_a_cte(self, lune):
        assert db.session.scalar(select(func.count()).select_from(select(Post.id).cte())) == 3

    def test_so_does_a_union(self, lune):
        both = union_all(select(Post.id), select(Thread.id))
        assert len(db.session.execute(both).all()) == 4

    def test_so_does_any_through_a_relationship(self, lune):
        foreign = select(Thread).where(Thread.posts.any(Post.body == f"p{VELORA}"))
        assert db.session.scalars(foreign).all() == []

    def test_get_does_not_reach_another_brand(self, lune, other):
        assert db.session.get(Thread, other) is None

    def test_get_does_not_either_after_looking_across_brands(self, lune, other):
        with across_brands("test") as session:
            assert session.get(Thread, other) is not None
        assert db.session.get(Thread, other) is None

    def test_lazy_and_eager_loading_stay_inside(self, lune):
        assert len(db.session.get(Thread, lune).posts) == 3
        for way in (selectinload, joinedload):
            db.session.expunge_all()
            loaded = db.session.scalars(select(Thread).options(way(Thread.posts)))
            assert len(loaded.unique().one().posts) == 3

    def test_the_old_query_interface_stays_inside(self, lune):
        assert db.session.query(Thread).count() == 1
        assert Thread.query.count() == 1

    def test_pages_are_counted_inside(self, lune):
        assert db.paginate(select(Post), page=1, per_page=2).total == 3

    def test_a_refreshed_row_is_the_same_row(self, lune):
        thread = db.session.get(Thread, lune)
        db.session.refresh(thread)
        db.session.expire(thread)
        assert thread.title == "hello"

    def test_one_cached_statement_serves_every_brand(self, threads):
        for brand_id in (LUNE, VELORA, LUNE):
            with brand_scope(brand_id):
                found = [t.id for t in db.session.scalars(select(Thread))]
                assert found == [threads[brand_id]]
                assert db.session.scalar(select(func.count(Post.id))) == 3


class TestWriting:
    def test_updates_and_deletes_stay_inside(self, threads):
        with brand_scope(LUNE):
            assert db.session.execute(update(Post).values(body="x")).rowcount == 3
            assert db.session.execute(delete(Post)).rowcount == 3
            db.session.commit()
        with across_brands("check") as session:
            assert session.scalars(select(Post.body)).all() == [f"p{VELORA}"] * 3

    def test_a_new_row_is_stamped(self, lune):
        category = Category(slug="new", name="New")
        db.session.add(category)
        db.session.flush()
        assert category.brand_id == LUNE

    def test_a_row_stamped_with_another_brand_is_refused(self, lune):
        db.session.add(Category(slug="new", name="New", brand_id=VELORA))
        with pytest.raises(WrongBrand):
            db.session.flush()

    def test_a_bulk_insert_is_refused(self, lune):
        with pytest.raises(WrongBrand):
            db.session.execute(insert(Category), [{"slug": "x", "name": "X", "brand_id": VELORA}])

    def test_the_database_refuses_a_link_into_another_brand(self, lune, other):
        db.session.add(
            Post(
                thread_id=other,
                number=9,
                author_id=who("ada").id,
                body="x",
                html="",
                render_version=1,
            )
        )
        with pytest.raises(IntegrityError):
            db.session.flush()


class TestScope:
    def test_no_brand_is_an_error_and_never_no_filter(self, threads):
        for statement in (
            select(Thread),
            select(func.count(Post.id)),
            select(select(func.count(Post.id)).scalar_subquery()),
            select(exists().where(Post.body == "p2")),
            update(Post).values(body="x"),
        ):
            with pytest.raises(NoBrandInScope):
                db.session.execute(statement)
        with pytest.raises(NoBrandInScope):
            db.session.get(Thread, 1)

    def test_one_brand_at_a_time(self, lune):
        with pytest.raises(WrongBrand), brand_scope(VELORA):
            pass

    def test_the_next_brand_gets_a_fresh_session(self, threads):
        with brand_scope(LUNE):
            kept = db.session.get(Thread, threads[LUNE])
        with brand_scope(VELORA):
            assert db.session.get(Thread, threads[LUNE]) is None
            assert db.session.get(Thread, threads[VELORA]) is not kept

    def test_what_belongs_to_no_brand_needs_none(self, threads):
        assert db.session.scalar(select(func.count(Brand.id))) == 2

    def test_another_thread_does_not_inherit_the_brand(self, lune):
        seen = []

        def look():
            try:
                seen.append(brand_id_in_scope())
            except NoBrandInScope:
                seen.append(None)

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        assert seen == [None]


@pytest.mark.postgresql
@pytest.mark.usefixtures("threads")
class TestSecondWall:
    """Row-level security, for whatever slips past the first wall."""

    def test_raw_sql_without_a_brand_sees_nothing(self):
        assert db.session.execute(text("SELECT count(*) FROM post")).scalar() == 0

    def test_raw_sql_inside_a_brand_sees_that_brand(self):
        with brand_scope(LUNE):
            bodies = db.session.execute(text("SELECT DISTINCT body FROM post")).scalars().all()
        assert bodies == [f"p{LUNE}"]

    def test_raw_sql_cannot_write_into_another_brand(self):
        with brand_scope(LUNE):
            changed = db.session.execute(
                text("UPDATE post SET body = 'x' WHERE brand_id = :other"), {"other": VELORA}
            )
            assert changed.rowcount == 0

    def test_the_application_is_neither_owner_nor_superuser(self):
        role = db.session.execute(
            text(
                "SELECT r.rolsuper, r.rolbypassrls, t.tableowner = current_user"
                " FROM pg_roles r, pg_tables t"
                " WHERE r.rolname = current_user AND t.tablename = 'post'"
            )
        ).one()
        assert tuple(role) == (False, False, False)

    def test_every_table_of_a_brand_is_protected(self):
        with db.engine.connect() as connection:
            assert unprotected_tables(connection) == []
