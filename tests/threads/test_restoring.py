"""Earlier versions of a post: taken back, or their text removed for good."""

from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from community.events import PostEdited, RevisionHidden
from community.kernel.db import db
from community.kernel.errors import Conflict, Forbidden, Missing
from community.kernel.tenancy import brand_scope
from community.media import service as media
from community.media.models import Upload
from community.threads import exports, queries, removal, restoring, service
from community.threads.models import Post, PostRevision
from tests.conftest import who
from tests.factories import LUNE
from tests.threads.acting import published
from tests.threads.saying import TITLE, a_reply, a_thread, opening

SECRET = "My number is 0612345678"


def versions(post: Post) -> list[PostRevision]:
    """What a post said before, the oldest first."""
    db.session.flush()
    of_post = select(PostRevision).where(PostRevision.post_id == post.id)
    return list(db.session.scalars(of_post.order_by(PostRevision.id)))


def edited(*bodies: str, first: str = "The first text of all", title: str | None = None) -> Post:
    """An opening post of Ada, changed by her again and again, too late to be silent."""
    post = opening(a_thread("ada", body=first))
    post.created_at -= service.GRACE
    for body in bodies:
        service.edit(who("ada"), post, body=body, title=title)
    return post


def test_an_earlier_version_is_back_and_the_present_one_becomes_earlier(in_lune):
    post = edited("The second text")
    restoring.restore(who("ada"), versions(post)[0])
    assert post.body == "The first text of all"
    assert "The first text of all" in post.html
    assert [one.body for one in versions(post)] == ["The first text of all", "The second text"]
    assert published(PostEdited)[-1] == {"post_id": post.id, "editor_id": who("ada").id}


def test_the_title_comes_back_as_it_was_then(in_lune):
    post = edited("The second text")
    service.edit(who("ada"), post, body="The third text", title="Quite another title")
    first, second = versions(post)
    assert (first.title, second.title) == (None, TITLE)
    restoring.restore(who("ada"), first)
    assert (post.body, post.thread.title) == ("The first text of all", TITLE)


def test_the_author_has_the_time_for_edits_and_staff_all_the_time(in_lune):
    post = edited("The second text")
    post.created_at -= timedelta(days=31)
    with pytest.raises(Forbidden):
        restoring.restore(who("ada"), versions(post)[0])
    with pytest.raises(Forbidden):
        restoring.restore(who("ben"), versions(post)[0])
    restoring.restore(who("mod"), versions(post)[0])
    assert post.body == "The first text of all"
    assert post.edited_by is who("mod")


def test_nothing_comes_back_into_a_post_removed_for_good(in_lune):
    post = edited("The second text")
    revision = versions(post)[0]
    removal.remove_for_good(post, who("ada"))
    with pytest.raises(Conflict):
        restoring.restore(who("mod"), revision)
    assert versions(post) == []


def picture_of(username: str) -> Upload:
    file = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    return media.store_picture(who(username), file.getvalue())


@pytest.mark.parametrize("actor", ["ada", "mod"])
def test_a_picture_that_was_taken_out_is_shown_again(in_lune, actor):
    upload = picture_of("ada")
    post = edited("No picture", first=f"Look\n\n![]({media.url_of(upload.token)})")
    db.session.refresh(upload)
    assert upload.hidden_at is not None
    restoring.restore(who(actor), versions(post)[0])
    assert upload.hidden_at is None
    assert upload.token in post.html


def test_a_removed_text_is_nowhere_any_more(app, visit):
    with app.app_context(), brand_scope(LUNE):
        post = edited(SECRET, "Without the number", title="A title that held 0612345678")
        number = versions(post)[1]
        post_id, revision_id = post.id, number.id
        db.session.commit()
    path = f"/posts/{post_id}/revisions"
    assert "0612345678" in visit("ada").get(path).text
    answer = visit("mod").post(f"{path}/{revision_id}/hide", follow_redirects=True)
    assert "The team removed the text of this version" in answer.text
    for username in (None, "ada", "mod"):
        page = visit(username).get(path).text
        assert SECRET not in page
        # The version before is compared with the one that is there.
        assert "<del>The first text of all</del>" not in page
    with app.app_context(), brand_scope(LUNE):
        told = exports.revisions_of_member(who("ada"))
        assert [one["text"] for one in told] == ["The first text of all"]
        rows = db.session.scalars(select(PostRevision)).all()
        assert not any(SECRET in (one.body + (one.title or "")) for one in rows)
        [event] = published(RevisionHidden)
        assert event["revision_id"] == revision_id
        assert event["hidden_by_id"] == who("mod").id


def test_a_removed_text_cannot_be_taken_back_and_has_no_buttons(app, visit):
    with app.app_context(), brand_scope(LUNE):
        post = edited("The second text")
        revision = versions(post)[0]
        restoring.hide_text(who("mod"), revision)
        with pytest.raises(Conflict):
            restoring.restore(who("mod"), revision)
        db.session.commit()
        post_id, revision_id = post.id, revision.id
    path = f"/posts/{post_id}/revisions"
    assert f"{path}/{revision_id}/" not in visit("mod").get(path).text
    assert visit("mod").post(f"{path}/{revision_id}/restore").status_code == 409


def test_only_staff_removes_a_text(in_lune):
    post = edited("The second text")
    for username in ("ada", "ben", "eve"):
        with pytest.raises(Forbidden):
            restoring.hide_text(who(username), versions(post)[0])


def test_a_version_is_found_with_its_post_only(in_lune):
    post, other = edited("The second text"), a_reply(a_thread("ben"), "ada")
    revision = versions(post)[0]
    assert queries.revision_or_missing(who("ben"), post, revision.id) is revision
    for wrong in (0, 10**12):
        with pytest.raises(Missing):
            queries.revision_or_missing(who("ben"), post, wrong)
    with pytest.raises(Missing):
        queries.revision_or_missing(who("ben"), other, revision.id)


def test_the_page_offers_what_one_may_do(app, visit):
    with app.app_context(), brand_scope(LUNE):
        post = edited("The second text")
        revision_id = versions(post)[0].id
        db.session.commit()
        path = f"/posts/{post.id}/revisions"
    back, away = (f"{path}/{revision_id}/{act}" for act in ("restore", "hide"))
    pages = {name: visit(name).get(path).text for name in ("ada", "ben", "mod")}
    assert [back in pages[name] for name in pages] == [True, False, True]
    assert [away in pages[name] for name in pages] == [False, False, True]
    answer = visit("ada").post(back, follow_redirects=True)
    assert "The earlier version is back." in answer.text
    assert "The first text of all" in answer.text
    assert visit("ben").post(back).status_code == 403
    assert visit("ada").post(away).status_code == 403


def test_long_stretches_that_stayed_the_same_are_folded(app, visit):
    same = "The same sentence over and over. " * 40
    with app.app_context(), brand_scope(LUNE):
        post = edited(f"{same}\n\nA new ending", first=f"{same}\n\nAn old ending")
        db.session.commit()
        path = f"/posts/{post.id}/revisions"
    page = visit("ben").get(path).text
    assert page.count("The same sentence over and over.") < 10
    assert "<del>old</del>" in page
