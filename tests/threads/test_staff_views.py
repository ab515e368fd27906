"""Staff's tools as pages: chosen, looked at, done, and taken back; and old addresses."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from community.kernel.bus import deliver_due
from community.kernel.db import db
from community.kernel.tenancy import brand_scope
from community.notifications import queries as notices
from community.polls import service as polls
from community.polls.models import Poll
from community.polls.rules import Rules
from community.threads import removal, undoing
from community.threads.merging import merge
from community.threads.models import Access, Thread
from community.threads.moves import move
from community.threads.splitting import split_off
from community.threads.staff_acts import act_or_missing
from tests.conftest import who
from tests.factories import LUNE
from tests.threads.acting import questions
from tests.threads.saying import a_reply
from tests.threads.tidying import a_talk, place, post_at


@pytest.fixture
def talks(app):
    """Ids of two talks in General: Ada's with two replies, and Cleo's with one."""
    with app.app_context(), brand_scope(LUNE):
        one, two = a_talk("ada", "ben", "eve"), a_talk("cleo", "ben", title="Rain once again, why?")
        db.session.commit()
        return one.id, two.id


@pytest.fixture
def inside(app):
    """Run a function in the brand and commit."""

    def run(act):
        with app.app_context(), brand_scope(LUNE):
            result = act()
            db.session.commit()
            return result

    return run


def thread_of(id_):
    return db.session.get_one(Thread, id_)


def version_in(page):
    return re.search(r'name="seen"[^>]*value="([^"]+)"', page)[1]


def preview_and_do(browser, path, data):
    """Send a tool's form as a person does: look first, then do what was shown."""
    shown = browser.post(path, data=data)
    assert (shown.status_code, "What happens" in shown.text) == (200, True), shown.text
    done = browser.post(path, data=data | {"seen": version_in(shown.text), "do": "1"})
    return shown.text, done


@pytest.mark.once
def test_only_staff_is_offered_to_choose(visit, talks):
    for path in ("/c/general?pick=1", f"/t/{talks[0]}?pick=1"):
        staff = visit("mod").get(path, follow_redirects=True).text
        assert 'class="pick-box"' in staff
        for name in (None, "ada"):
            page = visit(name).get(path, follow_redirects=True).text
            assert "pick-box" not in page
            assert "staff.css" not in page
    assert "Choose several" in visit("mod").get("/c/general").text


TOOLS = {
    "/staff/move": ({"category": "corner"}, "leaves General"),
    "/staff/kind": ({"kind": "question"}, "becomes a question"),
    "/staff/tags": ({"add": "rain, snow"}, "will have: rain, snow"),
    "/staff/close": ({"is_locked": "yes"}, "is closed to new replies"),
    "/staff/merge": ({}, "2 posts come behind those of “Does rain"),
}


@pytest.mark.once
@pytest.mark.parametrize("path", TOOLS)
def test_each_tool_shows_what_happens_does_it_and_is_undone(visit, talks, inside, path):
    data, effect = TOOLS[path]
    data = data | {"thread": list(talks), "notify": "y", "reason": "Tidy"}
    if path == "/staff/merge":
        data["target"] = str(talks[0])
    mod = visit("mod")
    shown, done = preview_and_do(mod, path, data)
    assert effect in shown
    assert re.search(r"\d members? (is|are) told", shown)
    assert done.status_code == 303, done.text
    log = mod.get("/admin/threads").text
    assert "Tidy" in log
    act = re.search(r"/admin/threads/(\d+)/undo", log)[0]
    assert mod.post(act).headers["Location"] == "/admin/threads"
    assert "Undone by Mod" in mod.get("/admin/threads").text
    assert mod.post(act, data={"x": "typed"}).status_code == 409
    state = inside(lambda: [(t.category.slug, t.kind, t.tag_line, t.is_locked, t.state)
                            for t in map(thread_of, talks)])  # fmt: skip
    assert state == [("general", "discussion", "", False, "visible")] * 2


@pytest.mark.once
def test_after_a_merge_staff_is_where_the_posts_came(visit, talks, inside):
    def talk_on():
        for number in range(20):
            a_reply(thread_of(talks[0]), "mod", f"Word {number}")

    inside(talk_on)
    data = {"thread": list(talks), "target": str(talks[0])}
    _shown, done = preview_and_do(visit("mod"), "/staff/merge", data)
    assert re.fullmatch(rf"/t/{talks[0]}/[\w-]+\?page=2#act-\d+", done.headers["Location"])
    assert 'id="act-' in visit().get(done.headers["Location"]).text


@pytest.mark.once
def test_posts_are_taken_out_by_their_boxes(visit, talks, inside):
    chosen = inside(lambda: [post_at(thread_of(talks[0]), n).id for n in (2, 3)])
    mod = visit("mod")
    assert mod.get("/staff/split", query_string={"post": chosen}).status_code == 200
    data = {"post": chosen, "into": "new", "title": "Snow is another thing", "category": "general"}
    shown, done = preview_and_do(mod, "/staff/split", data)
    assert "2 posts make the new thread." in shown
    landed = mod.get(done.headers["Location"], follow_redirects=True)
    assert "Snow is another thing" in landed.text
    old = visit().get(f"/t/{talks[0]}", follow_redirects=True).text
    assert "2 posts were moved to" in old
    assert 'id="post-2"' in old and 'id="post-3"' in old  # old links stop at the line that leads on


@pytest.mark.once
def test_posts_go_to_another_thread_by_its_address(visit, talks, inside):
    chosen = inside(lambda: post_at(thread_of(talks[0]), 2).id)
    data = {"post": [chosen], "into": "other", "category": "general"}
    mod = visit("mod")
    wrong = mod.post("/staff/split", data=data | {"other": "https://else.example/t/999999"})
    assert (wrong.status_code, "There is no thread at this address." in wrong.text) == (422, True)
    address = f"http://lune.localhost/t/{talks[1]}/rain-once-again?page=1#post-2"
    _shown, done = preview_and_do(mod, "/staff/split", data | {"other": address})
    assert f"/posts/{chosen}" in done.headers["Location"]
    assert f"/t/{talks[1]}/" in visit().get(f"/posts/{chosen}").headers["Location"]


@pytest.mark.once
@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/staff/move", {}, 404),
        ("/staff/split", {}, 404),
        ("/staff/move", {"thread": [999999], "category": "corner"}, 404),
        ("/staff/move", {"thread": "first", "category": ""}, 422),
        ("/staff/tags", {"thread": "first", "add": "", "remove": ""}, 422),
        ("/staff/tags", {"thread": "first", "add": "x", "reason": "r" * 301}, 422),
        ("/staff/merge", {"thread": "first", "target": "other", "other": "nonsense"}, 422),
        ("/staff/close", {"thread": "first", "is_locked": "perhaps"}, 422),
    ],
)
def test_what_cannot_be_is_refused_with_the_form_kept(visit, talks, path, data, status):
    if data.get("thread") == "first":
        data = data | {"thread": [talks[0]]}
    answer = visit("mod").post(path, data=data)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert f'name="thread" value="{talks[0]}"' in answer.text


@pytest.mark.once
def test_a_preview_that_is_stale_does_nothing_and_shows_the_new_one(visit, talks, inside):
    data = {"thread": list(talks), "target": str(talks[0])}
    mod = visit("mod")
    seen = version_in(mod.post("/staff/merge", data=data).text)
    visit("ben").post(f"/t/{talks[1]}/reply", data={"body": "Something new."})
    answer = mod.post("/staff/merge", data=data | {"seen": seen, "do": "1"})
    assert answer.status_code == 409
    assert "Nothing was done yet" in answer.text and "3 posts come behind" in answer.text
    assert inside(lambda: thread_of(talks[1]).merged_into_id) is None
    again = mod.post("/staff/merge", data=data | {"seen": version_in(answer.text), "do": "1"})
    assert again.status_code == 303


@pytest.mark.once
def test_other_readers_have_to_be_meant_with_a_box(visit, talks):
    data = {"thread": [talks[0]], "category": "office"}
    mod = visit("mod")
    shown = mod.post("/staff/move", data=data)
    assert "Fewer people will be able to read this" in shown.text
    refused = mod.post("/staff/move", data=data | {"do": "1"})
    assert refused.status_code == 422
    meant = data | {"do": "1", "accept_readers": "y", "seen": version_in(shown.text)}
    assert mod.post("/staff/move", data=meant).status_code == 303
    assert visit("ada").get(f"/t/{talks[0]}").status_code == 404


@pytest.mark.once
class TestOldAddresses:
    @pytest.fixture
    def merged(self, talks, inside):
        quoted = inside(lambda: post_at(thread_of(talks[1]), 2).id)
        inside(lambda: merge(who("mod"), thread_of(talks[0]), [thread_of(talks[1])]).id)
        return talks[1], quoted

    def to(self, visit, path):
        answer = visit().get(path)
        return answer.status_code, answer.headers.get("Location", "")

    def test_a_merged_thread_leads_to_the_other_for_everyone(self, visit, talks, merged):
        old, quoted = merged
        for name in (None, "cleo", "mod"):
            answer = visit(name).get(f"/t/{old}/any-words")
            assert answer.status_code == 302  # it may be undone yet
            assert re.fullmatch(rf"/t/{talks[0]}/[\w-]+\?was={old}", answer.headers["Location"])
        for query in (f"post={quoted}", "number=2"):
            assert self.to(visit, f"/t/{old}?{query}")[1].endswith("#post-5")
        assert self.to(visit, f"/posts/{quoted}")[1].endswith("#post-5")
        assert self.to(visit, f"/t/{old}/x?page=abc")[0] == 404

    def test_for_good_once_it_cannot_be_undone(self, app, visit, merged, inside, monkeypatch):
        monkeypatch.setattr("community.threads.places.UNDOABLE", timedelta(days=-1))
        assert self.to(visit, f"/t/{merged[0]}")[0] == 301

    def test_nobody_learns_of_it_who_may_not_see_the_other(self, visit, talks, merged, inside):
        inside(
            lambda: move(who("mod"), [thread_of(talks[0])], place("office"), accept_readers=True)
        )
        assert self.to(visit, f"/t/{merged[0]}") == self.to(visit, "/t/999999")
        assert self.to(visit, f"/posts/{merged[1]}")[0] == 404

    def test_acts_on_a_merged_thread_lead_nowhere(self, visit, merged):
        for path in (f"/t/{merged[0]}/reply", f"/t/{merged[0]}/lock", f"/t/{merged[0]}/follow"):
            assert visit("mod").post(path, data={"body": "x"}).status_code == 404

    def test_a_number_that_never_was_leads_to_the_thread(self, visit, talks):
        assert self.to(visit, f"/t/{talks[0]}?number=77")[1].startswith(f"/t/{talks[0]}/")
        assert self.to(visit, f"/t/{talks[0]}?number=2")[1].endswith("#post-2")


class TestNotices:
    def page(self, visit, id_, name=None, **query):
        return visit(name).get(f"/t/{id_}", query_string=query, follow_redirects=True).text

    def test_a_line_tells_what_was_done_by_whom_and_why(self, visit, talks, inside):
        inside(
            lambda: (
                merge(
                    who("mod"),
                    thread_of(talks[0]),
                    [thread_of(talks[1])],
                    reason="The same <thing>",
                ).id
            )
        )
        page = self.page(visit, talks[0])
        assert "2 posts merged from “Rain once again, why?” by Mod" in page
        assert "Reason: The same &lt;thing&gt;" in page
        assert page.index("merged from") < page.index('id="post-4"')
        assert "/undo" not in page
        assert "/undo" in self.page(visit, talks[0], "mod")
        assert "merged from" not in self.page(visit, talks[0], sort="helpful")

    def test_the_title_goes_with_the_post_that_opened_it(self, visit, talks, inside):
        inside(lambda: merge(who("mod"), thread_of(talks[0]), [thread_of(talks[1])]).id)
        inside(lambda: removal.hide(who("mod"), post_at(thread_of(talks[0]), 4), reason="spam"))
        page = self.page(visit, talks[0])
        assert "Rain once again" not in page
        assert "2 posts came here from another thread by Mod" in page

    def test_the_title_of_a_thread_one_may_not_see_is_not_told(self, visit, talks, inside):
        def split():
            thread = thread_of(talks[0])
            return split_off(
                who("mod"),
                thread,
                [post_at(thread, 2).id],
                title="A secret title of staff",
                category=place("office"),
                accept_readers=True,
            ).id

        inside(split)
        assert "1 post was moved elsewhere by Mod" in self.page(visit, talks[0])
        assert "A secret title" not in self.page(visit, talks[0], "ada")
        assert "A secret title" in self.page(visit, talks[0], "mod")

    def test_undone_it_is_told_no_more_and_leads_back(self, visit, talks, inside):
        act = inside(lambda: move(who("mod"), [thread_of(talks[0])], place("corner")).id)
        assert "Moved here from another category by Mod" in self.page(visit, talks[0])
        done = visit("mia").post(f"/admin/threads/{act}/undo", data={"next": f"/t/{talks[0]}"})
        assert done.headers["Location"] == f"/t/{talks[0]}"
        assert "Moved here" not in self.page(visit, talks[0])

    def test_a_thread_nothing_was_done_to_costs_no_statement_and_another_one(
        self, app, visit, talks, inside
    ):
        def asked(id_):
            path = visit().get(f"/t/{id_}").headers["Location"]
            visit().get(path + "?page=1")  # warm
            with app.app_context(), questions() as sent:
                visit().get(path + "?x=1")
            return len([one for one in sent if "staff_act" in one])

        assert asked(talks[0]) == 0
        inside(lambda: move(who("mod"), [thread_of(talks[0])], place("corner")).id)
        assert asked(talks[0]) == 1


class TestTelling:
    def told(self, inside, name):
        def look():
            page = notices.page(who(name), zone="Europe/Paris")
            return [
                (notice.reason.value, notice.by.username, notice.post.thread.title)
                for _day, bundles in page.days
                for bundle in bundles
                for notice in bundle.notices
                if notice.by
            ]

        return inside(look)

    def deliver(self, app):
        with app.app_context():
            while deliver_due():
                pass

    def test_each_is_told_once_in_the_community_and_by_no_mail(
        self, app, visit, talks, inside, settings
    ):
        self.deliver(app)
        mails = len(list(_mails(settings)))
        act = inside(lambda: merge(who("mod"), thread_of(talks[0]), [thread_of(talks[1])]).id)
        self.deliver(app)
        title = "Does rain harm it in the long run?"
        for name in ("ada", "ben", "cleo"):
            assert self.told(inside, name) == [("merged", "mod", title)]
        assert self.told(inside, "eve") == self.told(inside, "mod") == []
        assert len(list(_mails(settings))) == mails
        assert "Mod</b> merged threads" in visit("cleo").get("/notifications").text
        visit("mod").post(f"/admin/threads/{act}/undo")
        self.deliver(app)
        for name in ("ada", "ben", "cleo"):
            assert self.told(inside, name) == []

    def test_doing_it_twice_in_a_row_is_one_notice(self, app, talks, inside):
        for slug in ("corner", "general"):
            inside(lambda slug=slug: move(who("mod"), [thread_of(talks[0])], place(slug)).id)
        self.deliver(app)
        assert len(self.told(inside, "ada")) == 1

    def test_nobody_is_told_of_what_they_may_not_read(self, app, talks, inside):
        inside(
            lambda: move(who("mod"), [thread_of(talks[0])], place("office"), accept_readers=True).id
        )
        self.deliver(app)
        assert self.told(inside, "ada") == []


def _mails(settings):
    folder = Path(settings.mail_url.removeprefix("file://"))
    return folder.glob("**/*.eml") if folder.exists() else ()


class TestPolls:
    def give_poll(self, name, thread):
        rules = Rules(question="Rain or snow?", options=["Rain", "Snow"])
        return polls.open_poll(who(name), thread, rules)

    def polls_of(self, talks):
        return [thread_of(id_).has_poll for id_ in talks]

    def test_the_only_poll_goes_along_and_back(self, talks, inside):
        poll_id = inside(lambda: self.give_poll("cleo", thread_of(talks[1])).id)
        act = inside(lambda: merge(who("mod"), thread_of(talks[0]), [thread_of(talks[1])]).id)
        assert inside(lambda: self.polls_of(talks)) == [True, False]
        inside(lambda: undoing.undo(who("mod"), act_or_missing(act)))
        assert inside(lambda: self.polls_of(talks)) == [False, True]
        assert inside(lambda: db.session.get(Poll, poll_id).thread_id) == talks[1]

    def test_two_polls_force_a_choice(self, visit, talks, inside):
        for name, id_ in zip(("ada", "cleo"), talks, strict=True):
            inside(lambda name=name, id_=id_: self.give_poll(name, thread_of(id_)).id)
        data = {"thread": list(talks), "target": str(talks[0])}
        mod = visit("mod")
        shown = mod.post("/staff/merge", data=data)
        assert "More than one of these threads has a poll" in shown.text
        data |= {"seen": version_in(shown.text), "do": "1"}
        assert mod.post("/staff/merge", data=data).status_code == 422
        assert mod.post("/staff/merge", data=data | {"accept_rest": "y"}).status_code == 303
        assert inside(lambda: self.polls_of(talks)) == [True, True]


@pytest.mark.once
def test_a_thread_for_the_brand_alone_is_merged_with_none(visit, talks, inside):
    def make_private():
        thread = thread_of(talks[1])
        thread.access, thread.was_private = Access.BRAND, True

    inside(make_private)
    answer = visit("mod").post(
        "/staff/merge", data={"thread": list(talks), "target": str(talks[0])}
    )
    assert (answer.status_code, "cannot become one" in answer.text) == (409, True)
