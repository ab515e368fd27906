"""Members and tags in the back office."""

import pytest
from sqlalchemy import select

from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.members import notes
from community.members.models import StaffNote
from community.threads.models import Tag
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.saying import a_reply, a_thread


class TestMembers:
    def test_staff_finds_them_and_nobody_else_does(self, visit):
        assert visit("ada").get("/admin/members").status_code == 403
        page = visit("mod").get("/admin/members?q=ad").text
        assert "ada@example.com" in page
        assert "ben@example.com" not in page
        assert "Nobody like this" in visit("mod").get("/admin/members?q=nobody").text

    def test_filters_that_mean_nothing_are_ignored(self, visit):
        page = visit("mod").get("/admin/members?role=king&state=lost").text
        assert "ada@example.com" in page

    def test_a_page_shows_what_is_known_of_one(self, app, visit):
        with app.app_context(), brand_scope(LUNE):
            thread = a_thread("ada")
            a_reply(thread, "ada")
            notes.write_note(who("mia"), who("ada"), "Asked for a refund.")
            db.session.commit()
            title = thread.title
        page = visit("mod").get("/admin/members/ada").text
        assert page.count(title) == 2
        assert "Asked for a refund." in page
        assert "in the copy of the data" in page
        assert visit("ada").get("/admin/members/ada").status_code == 403

    def test_unknown_former_and_erased_names(self, visit):
        assert visit("mod").get("/admin/members/nobody").status_code == 404
        answer = visit("mod").get("/admin/members/ADA")
        assert (answer.status_code, answer.location) == (301, "/admin/members/ada")

    def test_a_note_is_kept_and_removed(self, app, visit):
        assert visit("mod").post("/admin/members/ada", data={"text": "Rude."}).status_code == 303
        with app.app_context(), brand_scope(LUNE):
            [note] = db.session.scalars(select(StaffNote))
            note_id = note.id
        path = f"notes/{note_id}/remove"
        assert visit("mod").post(f"/admin/members/ben/{path}").status_code == 404
        assert visit("ada").post(f"/admin/members/ada/{path}").status_code == 403
        assert visit("mod").post(f"/admin/members/ada/{path}").status_code == 303
        with app.app_context(), brand_scope(LUNE):
            assert db.session.scalars(select(StaffNote)).all() == []

    def test_an_empty_note_is_refused_beside_its_field(self, visit):
        answer = visit("mod").post("/admin/members/ada", data={"text": "  "})
        assert answer.status_code == 422
        assert 'id="text-error"' in answer.text

    def test_a_suspension_from_there_leads_back_there(self, visit):
        browser = visit("mod")
        page = browser.get("/admin/members/ada").text
        standing = "/m/ada/standing?next=/admin/members/ada"
        assert f'href="{standing}"' in page
        sent = {"act": "suspend", "days": "7", "reason": "Rude."}
        answer = browser.post(standing, data=sent)
        assert answer.location == "/admin/members/ada"
        assert "End the suspension now" in browser.get("/admin/members/ada").text
        stranger = browser.post("/m/ada/standing?next=//evil.example", data={"act": "reinstate"})
        assert stranger.location == "/m/ada"


class TestTags:
    @pytest.fixture
    def tags(self, app):
        """Ids of two tags by word, in each brand."""
        ids = {}
        for brand in (LUNE, VELORA):
            with app.app_context(), brand_scope(brand):
                a_thread("ada", tags=["rain", "wet"])
                a_thread("ben", tags=["rain"])
                db.session.commit()
                ids[brand] = {tag.slug: tag.id for tag in db.session.scalars(select(Tag))}
        return ids

    def words(self, app, brand=LUNE) -> set[str]:
        with app.app_context(), brand_scope(brand):
            return set(db.session.scalars(select(Tag.slug)))

    def test_they_are_listed_with_their_use(self, visit, tags):
        page = visit("mod").get("/admin/tags").text
        assert page.index(">rain</a>") < page.index(">wet</a>")
        assert "No tag begins so" in visit("mod").get("/admin/tags?q=zz").text
        assert visit("mod").get("/admin/tags?page=9").status_code == 404
        assert visit("ada").get("/admin/tags").status_code == 403

    def test_one_is_renamed_and_given_other_words(self, app, visit, tags):
        path = f"/admin/tags/{tags[LUNE]['rain']}"
        sent = {"slug": "Weather", "synonyms": "drizzle, shower"}
        assert visit("mod").post(path, data=sent).status_code == 303
        assert self.words(app) == {"weather", "wet"}
        assert self.words(app, VELORA) == {"rain", "wet"}
        page = visit("mod").get(path).text
        assert "drizzle, rain, shower" in page
        assert visit().get("/tag/rain").location == "/tag/weather"

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            ({"slug": "", "synonyms": ""}, "slug"),
            ({"slug": "wet", "synonyms": ""}, "slug"),
            ({"slug": "rain", "synonyms": "fine, wet"}, "synonyms"),
        ],
    )
    def test_a_word_that_is_taken_is_refused_beside_its_field(self, app, visit, tags, sent, field):
        answer = visit("mod").post(f"/admin/tags/{tags[LUNE]['rain']}", data=sent)
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.text
        assert self.words(app) == {"rain", "wet"}

    def test_two_are_united(self, app, visit, tags):
        path = f"/admin/tags/{tags[LUNE]['rain']}/merge"
        for wrong in ("", "nothing", "rain"):
            answer = visit("mod").post(path, data={"into": wrong})
            assert answer.status_code == 422
            assert 'id="into-error"' in answer.text
        answer = visit("mod").post(path, data={"into": "Wet"})
        assert answer.location == f"/admin/tags/{tags[LUNE]['wet']}"
        assert self.words(app) == {"wet"}

    def test_one_is_removed(self, app, visit, tags):
        assert visit("mod").post(f"/admin/tags/{tags[LUNE]['rain']}/remove").status_code == 303
        assert self.words(app) == {"wet"}

    def test_one_of_another_brand_does_not_exist(self, app, visit, tags):
        theirs = tags[VELORA]["rain"]
        assert visit("mod").get(f"/admin/tags/{theirs}").status_code == 404
        assert visit("mod").post(f"/admin/tags/{theirs}/remove").status_code == 404
        assert self.words(app, VELORA) == {"rain", "wet"}
