"""What threads keep for fast lists is what their rows say, and is mended when it is not."""

from sqlalchemy import select, update

from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.threads import categories, copies, vocabulary
from community.threads.models import Category, Tag, Thread
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.saying import a_thread


def wrong(mends: bool = False) -> list[str]:
    return [words for tally in copies.check(mends) for words in tally.wrong]


def named(slug: str) -> Category:
    return db.session.scalars(select(Category).where(Category.slug == slug)).one()


def tag(slug: str) -> Tag:
    return db.session.scalars(select(Tag).where(Tag.slug == slug)).one()


def test_acts_of_staff_keep_them_right(in_lune):
    a_thread("ada", "corner", tags=["rain", "wet"])
    a_thread("ben", "club", tags=["rain", "drizzle"])
    mod, mia = who("mod"), who("mia")
    vocabulary.rename(mod, tag("rain"), "weather")
    vocabulary.unite(mod, tag("wet"), tag("weather"))
    vocabulary.remove_tag(mod, tag("drizzle"))
    a_thread("cleo", "club", tags=["wet", "rain", "bags"])
    categories.update_category(mia, named("corner"), parent=named("news"))
    categories.remove_category(mia, named("club"), into=named("corner"))
    db.session.commit()
    assert wrong() == []
    lines = db.session.scalars(select(Thread.tag_line).order_by(Thread.id))
    assert list(lines) == ["weather", "weather", "bags weather"]
    sections = db.session.scalars(select(Thread.section_id))
    assert set(sections) == {named("news").id}


def test_what_is_wrong_is_said_and_mended(app):
    for brand in (LUNE, VELORA):
        with app.app_context(), brand_scope(brand):
            a_thread("ada", "corner", tags=["rain"])
            db.session.execute(update(Thread).values(tag_line="sun", section_id=named("club").id))
            db.session.commit()
    with app.app_context(), brand_scope(LUNE):
        [words] = wrong()
        assert "another section" in words or "sun" in words
        assert len(wrong(mends=True)) == 1
        db.session.commit()
        assert wrong() == []
        thread = db.session.scalars(select(Thread)).one()
        assert (thread.tag_line, thread.section_id) == ("rain", named("general").id)
    with app.app_context(), brand_scope(VELORA):
        assert len(wrong()) == 1
