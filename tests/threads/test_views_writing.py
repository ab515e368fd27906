"""Writing, voting and moderating through the pages."""

import io
import re
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import func, select

from community.kernel.db import db, now
from community.kernel.tenancy import brand_scope
from community.media.models import Upload
from community.threads import removal, service, standing
from community.threads.models import Follow, HelpfulVote, Post, State, Thread
from tests.conftest import who
from tests.factories import LUNE, VELORA
from tests.threads.saying import BODY, TITLE, a_reply, a_thread, opening

BRANDS = {"lune": LUNE, "velora": VELORA}
SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def say(app):
    """`say(f)` runs f in Maison Lune, commits, and returns what it returns."""

    def run(what, brand="lune"):
        with app.app_context(), brand_scope(BRANDS[brand]):
            result = what()
            db.session.commit()
            return result

    return run


@pytest.fixture
def thread(say):
    """The id of a thread of Ada's with a reply of Ben's, whose id is `post`."""
    return say(lambda: a_thread("ada").id)


@pytest.fixture
def post(say, thread):
    return say(lambda: a_reply(db.session.get_one(Thread, thread), "ben").id)


def a_picture() -> tuple:
    data = io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(data, "PNG")
    data.seek(0)
    return data, "teal.png"


def how_many(say, model, *where, brand="lune"):
    counted = select(func.count()).select_from(model).where(*where)
    return say(lambda: db.session.scalar(counted), brand)


def the(say, model, id_, what):
    return say(lambda: getattr(db.session.get_one(model, id_), what))


NEW = {"title": TITLE, "category": "general", "body": BODY, "tags": "rain, outside"}


# -- Starting --------------------------------------------------------------


@pytest.mark.parametrize("brand", BRANDS)
def test_a_member_starts_a_thread_and_lands_on_it(visit, say, brand):
    sent = visit("ada", brand).post("/new", data=NEW)
    assert sent.status_code == 303
    page = visit(brand=brand).get(sent.location)
    assert TITLE in page.text
    assert ">rain<" in page.text
    other = {"lune": "velora", "velora": "lune"}[brand]
    assert how_many(say, Thread, brand=other) == 0


def test_the_same_form_sent_twice_starts_one_thread(visit, say):
    form = visit("ada").get("/new").text
    key = re.search(r'name="submission"[^>]*value="([^"]+)"', form)[1]
    first = visit("ada").post("/new", data=NEW | {"submission": key})
    second = visit("ada").post("/new", data=NEW | {"submission": key})
    assert first.location == second.location
    assert how_many(say, Thread) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title": "Short"}, "between 10 and 120"),
        ({"title": ""}, "Give it a title"),
        ({"title": "x" * 121}, "between 10 and 120"),
        ({"category": ""}, "Choose a category"),
        ({"category": "news"}, "Not a valid choice"),
        ({"body": " \n "}, "Write something first"),
        ({"body": "x" * 32_001}, "too long"),
        ({"tags": "a, b, c, d, e, f, g"}, ""),
    ],
)
def test_a_refused_thread_comes_back_with_everything_typed(visit, say, wrong, words):
    typed = NEW | {"body": "Words I do not want to type again"} | wrong
    page = visit("ada").post("/new", data=typed)
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text
    assert words in page.text
    if "body" not in wrong:
        assert "Words I do not want to type again" in page.text
    assert how_many(say, Thread) == 0


def test_only_categories_open_to_the_writer_are_offered(visit):
    def offered(username):
        return set(re.findall(r'<option value="([a-z]+)"', visit(username).get("/new").text))

    assert offered("ada") == {"general", "corner", "club"}
    assert offered("mod") == {"general", "corner", "club", "office", "news"}


def test_a_visitor_is_asked_to_sign_in_and_keeps_the_title(visit):
    sent = visit().get("/new?title=Does+it+float")
    assert sent.status_code == 302
    assert "Does" in sent.location
    assert sent.location.startswith("/login?next=")


def test_what_a_signed_out_writer_sent_is_shown_again(visit, say):
    page = visit().post("/new", data=NEW)
    assert page.status_code == 401
    assert BODY in page.text
    assert how_many(say, Thread) == 0


def test_a_suspended_member_is_told_and_keeps_the_text(visit, say):
    def suspend():
        who("ada").suspended_until = now() + timedelta(days=1)

    say(suspend)
    page = visit("ada").post("/new", data=NEW)
    assert page.status_code == 403
    assert "suspended" in page.text
    assert BODY in page.text


def test_too_many_posts_at_once_are_refused_with_the_text_kept(visit, thread):
    writer = visit("ada")
    answers = [
        writer.post(f"/t/{thread}/reply", data={"body": f"Again and again, {n}"}) for n in range(4)
    ]
    assert [a.status_code for a in answers] == [303, 303, 303, 429]
    assert "Again and again, 3" in answers[3].text
    assert int(answers[3].headers["Retry-After"]) > 0


# -- Replying and previewing -----------------------------------------------


def test_a_reply_leads_to_itself(visit, thread, post):
    sent = visit("cleo").post(f"/t/{thread}/reply", data={"body": "Here is what I think"})
    assert sent.status_code == 303
    assert sent.location.endswith("#post-3")
    assert "Here is what I think" in visit().get(sent.location).text


def test_a_refused_reply_comes_back_on_its_own_page(visit, thread, say):
    page = visit("ben").post(f"/t/{thread}/reply", data={"body": "@a" + "x" * 32_000})
    assert page.status_code == 422
    assert f'action="/t/{thread}/reply"' in page.text
    assert "too long" in page.text
    assert how_many(say, Post) == 1


def test_a_closed_thread_takes_no_reply_and_gives_the_text_back(visit, thread, say):
    say(lambda: standing.lock(who("mod"), db.session.get_one(Thread, thread)))
    page = visit("ben").post(f"/t/{thread}/reply", data={"body": "Too late, it seems"})
    assert page.status_code == 403
    assert "Too late, it seems" in page.text
    assert how_many(say, Post) == 1


@pytest.mark.parametrize("path", ["/new", "/t/{thread}/reply", "/posts/{post}/edit"])
def test_a_preview_shows_the_text_and_saves_nothing(visit, say, thread, post, path):
    path = path.format(thread=thread, post=post) + "?preview=1"
    typed = {"body": "Some **loud** words <script>", "title": "A title to keep"}
    before = how_many(say, Post)
    page = visit("ben").post(path, data=typed)
    assert page.status_code == 200
    assert "<strong>loud</strong>" in page.text
    assert "Some **loud** words &lt;script&gt;</textarea>" in page.text
    fragment = visit("ben").post(path, data=typed, headers=SCRIPT)
    assert "<strong>loud</strong>" in fragment.text
    assert "<html" not in fragment.text
    assert how_many(say, Post) == before


def test_pictures_without_script_stand_at_the_end_of_the_text(visit, say, thread):
    sent = visit("ben").post(
        f"/t/{thread}/reply", data={"body": "Look at this", "pictures": [a_picture(), a_picture()]}
    )
    assert sent.status_code == 303
    page = visit().get(sent.location).text
    assert page.count('width="640" height="480"') == 2
    assert how_many(say, Upload, Upload.attached_at.is_not(None)) == 2


def test_pictures_survive_a_text_that_is_refused(visit, say):
    page = visit("ada").post("/new", data=NEW | {"title": "Short", "pictures": [a_picture()]})
    assert "between 10 and 120" in page.text
    address = re.search(r"!\[\]\((/media/[^)]+)\)", page.text)[1]
    assert visit().get(address).status_code == 200
    assert how_many(say, Thread) == 0


def test_a_file_that_is_no_picture_is_refused_before_anything_is_posted(visit, say, thread):
    bad = (io.BytesIO(b"MZ not a picture"), "virus.png")
    page = visit("ben").post(f"/t/{thread}/reply", data={"body": "Look", "pictures": [bad]})
    assert page.status_code == 422
    assert "Look</textarea>" in page.text
    assert how_many(say, Post) == 1
    assert how_many(say, Upload) == 0


# -- Editing ---------------------------------------------------------------


def test_an_author_edits_title_tags_and_text(visit, say, thread):
    first = say(lambda: opening(db.session.get_one(Thread, thread)).id)
    form = visit("ada").get(f"/posts/{first}/edit")
    assert BODY in form.text
    sent = visit("ada").post(
        f"/posts/{first}/edit",
        data={"title": "Another title altogether", "body": "Other words", "tags": "storm"},
    )
    assert sent.status_code == 303
    page = visit().get(sent.location.partition("#")[0], follow_redirects=True).text
    assert "Another title altogether" in page
    assert "Other words" in page
    assert ">storm<" in page


def test_nobody_else_edits_a_post_but_moderators(visit, post):
    assert visit("cleo").get(f"/posts/{post}/edit").status_code == 403
    assert visit("cleo").post(f"/posts/{post}/edit", data={"body": "Mine now"}).status_code == 403
    assert visit("mod").get(f"/posts/{post}/edit").status_code == 200


MOD = "What mod made of it"


def test_two_who_edit_at_once_both_keep_their_words(visit, say, post):
    form = visit("ben").get(f"/posts/{post}/edit").text
    seen = re.search(r'name="seen"[^>]*value="([^"]+)"', form)[1]
    say(lambda: service.edit(who("mod"), db.session.get_one(Post, post), body=MOD))
    page = visit("ben").post(f"/posts/{post}/edit", data={"body": "What ben wrote", "seen": seen})
    assert page.status_code == 409
    assert "What mod made of it" in page.text
    assert "What ben wrote</textarea>" in page.text
    newer = re.search(r'name="seen"[^>]*value="([^"]+)"', page.text)[1]
    sent = visit("ben").post(f"/posts/{post}/edit", data={"body": "What ben wrote", "seen": newer})
    assert sent.status_code == 303
    assert the(say, Post, post, "body") == "What ben wrote"


# -- Votes and follows -----------------------------------------------------


def test_a_vote_counts_and_can_be_taken_back_with_and_without_script(visit, say, post):
    sent = visit("ada").post(f"/posts/{post}/helpful")
    assert sent.status_code == 303
    assert sent.location.endswith("#post-2")
    assert the(say, Post, post, "helpful_count") == 1
    fragment = visit("ada").post(f"/posts/{post}/unhelpful", headers=SCRIPT)
    assert fragment.status_code == 200
    assert 'aria-pressed="false"' in fragment.text
    assert the(say, Post, post, "helpful_count") == 0


def test_voting_twice_counts_once(visit, say, post):
    for _ in range(2):
        assert visit("ada").post(f"/posts/{post}/helpful", headers=SCRIPT).status_code == 200
    assert the(say, Post, post, "helpful_count") == 1
    assert how_many(say, HelpfulVote) == 1


def test_nobody_votes_for_the_own_post_or_without_signing_in(visit, say, post):
    assert visit("ben").post(f"/posts/{post}/helpful").status_code == 403
    assert visit().post(f"/posts/{post}/helpful").status_code == 401
    assert how_many(say, HelpfulVote) == 0


def test_the_page_knows_what_the_reader_voted_for(visit, say, thread, post):
    visit("ada").post(f"/posts/{post}/helpful")
    path = say(lambda: f"/t/{thread}/{db.session.get_one(Thread, thread).slug}")
    assert f"/posts/{post}/unhelpful" in visit("ada").get(path).text
    assert f"/posts/{post}/helpful" in visit("cleo").get(path).text


def test_following_and_stopping(visit, say, thread):
    cleo = say(lambda: who("cleo").id)
    mine = (Follow.thread_id == thread, Follow.member_id == cleo)
    assert visit("cleo").post(f"/t/{thread}/follow").status_code == 303
    assert how_many(say, Follow, *mine) == 1
    fragment = visit("cleo").post(f"/t/{thread}/unfollow", headers=SCRIPT)
    assert 'aria-pressed="false"' in fragment.text
    assert how_many(say, Follow, *mine) == 0


# -- Moderating ------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "column", "after"),
    [
        ("lock", "is_locked", True),
        ("unlock", "is_locked", False),
        ("pin", "is_pinned", True),
        ("unpin", "is_pinned", False),
    ],
)
def test_moderators_close_and_pin_threads_and_nobody_else(visit, say, thread, act, column, after):
    def begin():
        setattr(db.session.get_one(Thread, thread), column, not after)

    say(begin)
    assert visit("ada").post(f"/t/{thread}/{act}").status_code == 403
    assert the(say, Thread, thread, column) is not after
    assert visit("mod").post(f"/t/{thread}/{act}").status_code == 303
    assert the(say, Thread, thread, column) is after


def test_hiding_asks_for_a_reason_first(visit, say, post):
    assert visit("mod").get(f"/posts/{post}/hide").status_code == 200
    assert visit("mod").post(f"/posts/{post}/hide").status_code == 422
    assert the(say, Post, post, "state") is State.VISIBLE
    sent = visit("mod").post(f"/posts/{post}/hide", data={"reason": "advertising"})
    assert sent.status_code == 303
    assert the(say, Post, post, "state") is State.HIDDEN
    assert visit("cleo").get(f"/posts/{post}/hide").status_code in {403, 404}


def test_an_author_removes_and_restores_the_own_reply(visit, say, post):
    page = visit("ben").get(f"/posts/{post}/delete")
    assert "You can undo for 30 days" in page.text
    assert the(say, Post, post, "state") is State.VISIBLE
    assert visit("ben").post(f"/posts/{post}/delete").status_code == 303
    assert the(say, Post, post, "state") is State.DELETED
    assert visit("ben").post(f"/posts/{post}/restore").status_code == 303
    assert the(say, Post, post, "state") is State.VISIBLE


def test_an_opening_post_with_replies_stays_with_a_word_why(visit, say, thread, post):
    first = say(lambda: opening(db.session.get_one(Thread, thread)).id)
    page = visit("ada").post(f"/posts/{first}/delete")
    assert page.status_code == 403
    assert "only moderators can remove it" in page.text


def test_the_second_of_two_moderators_is_told_who_was_first(visit, say, post):
    say(lambda: removal.hide(who("mia"), db.session.get_one(Post, post), reason="spam"))
    page = visit("mod").post(f"/posts/{post}/hide", data={"reason": "advertising"})
    assert page.status_code == 409
    assert "Already removed by Mia" in page.text


def test_posts_of_the_other_brand_cannot_be_touched(visit, say, post):
    for path in ("edit", "hide", "delete", "revisions"):
        assert visit("oli", "velora").get(f"/posts/{post}/{path}").status_code == 404
    for path in ("helpful", "unhelpful", "restore", "edit", "hide", "delete"):
        assert visit("oli", "velora").post(f"/posts/{post}/{path}").status_code == 404
