"""Tags as staff keeps them: one name for one thing, old words and addresses that go on."""

import pytest
from sqlalchemy import select

from community.events import TagChanged, TagsChanged
from community.kernel.db import db
from community.kernel.errors import Conflict, Forbidden, Invalid
from community.kernel.tenancy import brand_scope
from community.threads import vocabulary
from community.threads.models import Tag, TagSynonym, ThreadTag
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.acting import published
from tests.threads.saying import a_thread


def tag(slug: str) -> Tag:
    return db.session.scalars(select(Tag).where(Tag.slug == slug)).one()


def slugs(thread) -> list[str]:
    db.session.expire(thread, ["tags"])
    return [one.slug for one in thread.tags]


@pytest.mark.parametrize("name", ["ada", "eve"])
def test_staff_alone_changes_tags(in_lune, name):
    a_thread("ada", tags=["rain", "wet"])
    for act in (
        lambda: vocabulary.rename(who(name), tag("rain"), "weather"),
        lambda: vocabulary.set_synonyms(who(name), tag("rain"), ["drizzle"]),
        lambda: vocabulary.unite(who(name), tag("rain"), tag("wet")),
        lambda: vocabulary.remove_tag(who(name), tag("rain")),
    ):
        with pytest.raises(Forbidden):
            act()


def test_tags_are_listed_by_use_or_name_with_their_other_words(in_lune):
    a_thread("ada", tags=["rain", "bags"])
    a_thread("ben", tags=["rain"])
    vocabulary.set_synonyms(who("mod"), tag("rain"), ["Drizzle", "wet weather"])
    by_use = vocabulary.words(limit=10)
    assert [(word.tag.slug, word.uses) for word in by_use] == [("rain", 2), ("bags", 1)]
    assert by_use[0].synonyms == ["drizzle", "wet-weather"]
    assert [word.tag.slug for word in vocabulary.words(by_use=False, limit=10)] == ["bags", "rain"]
    assert [word.tag.slug for word in vocabulary.words(beginning="Driz", limit=10)] == ["rain"]
    assert vocabulary.count_words("ba") == 1
    assert [word.tag.slug for word in vocabulary.words(offset=1, limit=1)] == ["bags"]


def test_the_old_word_of_a_renamed_tag_means_the_new_one(in_lune):
    thread = a_thread("ada", tags=["rain"])
    vocabulary.rename(who("mod"), tag("rain"), "Wet weather")
    assert slugs(thread) == ["wet-weather"]
    assert slugs(a_thread("ben", tags=["rain"])) == ["wet-weather"]
    assert published(TagsChanged)[-1]["thread_ids"] == [thread.id]
    assert published(TagChanged)[-1]["changed_by_id"] == who("mod").id


def test_a_tag_may_take_its_old_name_back(in_lune):
    a_thread("ada", tags=["rain"])
    one = tag("rain")
    vocabulary.rename(who("mod"), one, "weather")
    vocabulary.rename(who("mod"), one, "rain")
    assert (one.slug, vocabulary.synonyms_of([one.id])) == ("rain", {one.id: ["weather"]})


def test_two_tags_do_not_get_one_name_by_renaming(in_lune):
    a_thread("ada", tags=["rain", "wet"])
    vocabulary.set_synonyms(who("mod"), tag("wet"), ["moist"])
    for taken in ("wet", "moist"):
        with pytest.raises(Invalid) as refusal:
            vocabulary.rename(who("mod"), tag("rain"), taken)
        assert refusal.value.field == "slug"


@pytest.mark.parametrize("others", [["x"], ["x" * 31], ["wet"], [f"word {n}" for n in range(31)]])
def test_a_word_that_cannot_be_another_word_is_refused(in_lune, others):
    a_thread("ada", tags=["rain", "wet"])
    with pytest.raises(Invalid) as refusal:
        vocabulary.set_synonyms(who("mod"), tag("rain"), others)
    assert refusal.value.field == "synonyms"


def test_words_left_out_mean_nothing_any_more(in_lune):
    a_thread("ada", tags=["rain"])
    vocabulary.set_synonyms(who("mod"), tag("rain"), ["wet", "drizzle"])
    vocabulary.set_synonyms(who("mod"), tag("rain"), ["drizzle", "rain", " "])
    assert vocabulary.synonyms_of([tag("rain").id]) == {tag("rain").id: ["drizzle"]}
    assert slugs(a_thread("ben", tags=["wet", "drizzle"])) == ["rain", "wet"]


def test_united_tags_are_one_on_every_thread(in_lune):
    both = a_thread("ada", tags=["rain", "wet"])
    one = a_thread("ben", tags=["rain"])
    vocabulary.set_synonyms(who("mod"), tag("rain"), ["drizzle"])
    assert vocabulary.unite(who("mod"), tag("rain"), tag("wet")) == 2
    assert (slugs(both), slugs(one)) == (["wet"], ["wet"])
    assert vocabulary.synonyms_of([tag("wet").id]) == {tag("wet").id: ["drizzle", "rain"]}
    assert published(TagsChanged)[-1]["thread_ids"] == [both.id, one.id]
    with pytest.raises(Conflict):
        vocabulary.unite(who("mod"), tag("wet"), tag("wet"))


def test_a_removed_tag_is_off_every_thread_and_may_come_back(in_lune):
    thread = a_thread("ada", tags=["rain", "bags"])
    vocabulary.set_synonyms(who("mod"), tag("rain"), ["drizzle"])
    assert vocabulary.remove_tag(who("mod"), tag("rain")) == 1
    assert slugs(thread) == ["bags"]
    assert db.session.scalars(select(TagSynonym)).all() == []
    assert slugs(a_thread("ben", tags=["drizzle"])) == ["drizzle"]


def test_tags_of_the_other_brand_stay_as_they_are(app):
    with app.app_context():
        for brand in (LUNE, VELORA):
            with brand_scope(brand):
                a_thread("ada", tags=["rain", "wet"])
                db.session.commit()
        with brand_scope(LUNE):
            vocabulary.unite(who("mod"), tag("rain"), tag("wet"))
            db.session.commit()
        with brand_scope(VELORA):
            assert {one.slug for one in db.session.scalars(select(Tag))} == {"rain", "wet"}
            assert len(db.session.scalars(select(ThreadTag)).all()) == 2
            assert db.session.scalars(select(TagSynonym)).all() == []


def test_an_old_address_leads_to_the_tag(app, visit):
    with app.app_context(), brand_scope(LUNE):
        a_thread("ada", tags=["rain"])
        vocabulary.rename(who("mod"), tag("rain"), "weather")
        db.session.commit()
    answer = visit().get("/tag/rain?sort=activity")
    assert (answer.status_code, answer.location) == (301, "/tag/weather?sort=activity")
    assert visit().get("/tag/weather").status_code == 200
    assert visit(brand="velora").get("/tag/rain").status_code == 404
