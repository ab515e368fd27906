"""Reading: the home page, categories, threads and what posts said before."""

from flask import Blueprint, current_app, redirect, request, url_for

from community.kernel import text, web
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.kernel.pages import kept_for_visitors
from community.kernel.policy import can
from community.permissions import Can
from community.predicates import PEOPLE, STAFF
from community.threads import (
    counted,
    drafts,
    head_views,
    lists,
    notices,
    places,
    queries,
    reach,
    reader_views,
    reading,
    slow,
)
from community.threads.categories import former_category
from community.threads.diffs import by_words
from community.threads.forms import ReplyForm
from community.threads.kinds import Kind
from community.threads.particulars import particulars_of
from community.threads.sources import source_of
from community.threads.tags import meant_by

blueprint = Blueprint("threads", __name__)
blueprint.add_app_template_global(source_of)
blueprint.record(reader_views.start_counting)

SORTS = ("activity", "new", "popular", "unanswered")
ORDERS = ("oldest", "helpful")
NEWS_ON_HOME = 3


@blueprint.get("/")
@kept_for_visitors
def home():
    """What the community is, where to begin, and what is going on."""
    actor = web.actor()
    sort, number = one_of("sort", SORTS), page_number()
    tree = queries.category_tree(actor)
    rooms, news = lists.rooms_of(tree), _announcements(tree)
    feed = lists.threads_page(actor, sort=sort, page=number, rooms=rooms)
    return web.page(
        "threads/home.html",
        tree=tree,
        feed=feed,
        fresh=reading.unread_in(actor, feed.items),
        sort=sort,
        sorts=_sort_links(("activity", "popular", "unanswered"), sort, _anchor="feed"),
        news=news,
        latest_news=lists.latest(actor, NEWS_ON_HOME, category=news, rooms=rooms) if news else [],
        figures=counted.latest(),
    )


def _announcements(tree):
    """The section where the brand speaks: everyone reads it and only staff starts there."""
    of_staff = (c for c in tree if c.who_may_start == STAFF and c.visible_to != STAFF)
    return next(of_staff, None)


@blueprint.get("/c/")
@kept_for_visitors
def categories():
    """Every section with its parts."""
    actor = web.actor()
    tree = queries.category_tree(actor)
    fresh = reading.unread_by_category(actor, lists.rooms_of(tree))
    return web.page("threads/categories.html", tree=tree, fresh=fresh)


@blueprint.get("/c/<slug>")
@kept_for_visitors
def category(slug):
    """The threads of a section and its parts, or of one part."""
    actor = web.actor()
    sort, number, tag = one_of("sort", SORTS), page_number(), request.args.get("tag")
    tree = queries.category_tree(actor)
    rooms = lists.rooms_of(tree)
    at_hand = (room for room in rooms.values() if room.slug == slug)
    here = next(at_hand, None)
    if here is None:
        led = former_category(slug)
        if led is None or not can(actor, Can.SEE_CATEGORY, led):
            raise Missing(_("There is no such category."))
        return _moved(".category", led.slug)
    found = lists.threads_page(
        actor,
        category=here,
        tag=tag,
        sort=sort,
        page=number,
        rooms=rooms,
    )
    return web.page(
        "threads/category.html",
        category=here,
        section=rooms[here.parent_id or here.id],
        tree=tree,
        tags=counted.latest_tags(),
        threads=found,
        fresh=reading.unread_in(actor, found.items),
        sort=sort,
        sorts=_sort_links(SORTS, sort, slug=slug, tag=tag),
        tag=tag,
    )


@blueprint.get("/tag/<slug>")
@kept_for_visitors
def tag(slug):
    """The threads with a tag, wherever they are."""
    actor = web.actor()
    sort, number = one_of("sort", SORTS), page_number()
    found = lists.threads_page(actor, tag=slug, sort=sort, page=number)
    if not found.items and sort == SORTS[0]:
        meant = meant_by(slug)
        if meant is None or meant.slug == slug:
            raise Missing(_("There is no thread with this tag."))
        return _moved(".tag", meant.slug)
    return web.page(
        "threads/tag.html",
        tag=slug,
        threads=found,
        fresh=reading.unread_in(actor, found.items),
        sort=sort,
        sorts=_sort_links(SORTS, sort, slug=slug),
    )


def _moved(endpoint: str, slug: str):
    """Lead an address that was given up to the one that stands for it now."""
    kept = request.args.to_dict(flat=False)
    return redirect(url_for(endpoint, slug=slug, **kept), 301)


def _sort_links(names, current, **values):
    """(label, address, is current) for each way to sort the list of this page."""
    labels = {
        "activity": _("Latest"),
        "new": _("Newest"),
        "popular": _("Popular"),
        "unanswered": _("Unanswered"),
        "oldest": _("Oldest first"),
        "helpful": _("Most helpful"),
    }
    default = names[0]
    return [
        (
            labels[name],
            url_for(request.endpoint, sort=None if name == default else name, **values),
            name == current,
        )
        for name in names
    ]


@blueprint.get("/t/<int:thread_id>")
@blueprint.get("/t/<int:thread_id>/<slug>")
@kept_for_visitors
def show(thread_id, slug=""):
    """A thread, page by page. `?post=<id>` leads to the page where that post is."""
    actor = web.actor()
    try:
        thread = reach.thread_or_missing(actor, thread_id)
    except Missing:
        if reach.is_conversation_of(actor, thread_id):  # links of quotes lead here
            wanted = request.args.get("post", type=int)
            return redirect(url_for("messages.show", thread_id=thread_id, post=wanted))
        return _elsewhere(actor, thread_id)
    if wanted := request.args.get("post", type=int):
        return redirect(_address_of_post(actor, thread, wanted))
    if number := request.args.get("number", type=int):
        return redirect(_address_of_number(actor, thread, number))
    if slug != thread.slug:
        kept = request.args.to_dict(flat=False)
        return redirect(url_for(".show", thread_id=thread.id, slug=thread.slug, **kept), 301)
    order = one_of("sort", ORDERS)
    posts = queries.posts_page(actor, thread, page=page_number(), sort=order)
    reader = reading.reader_of(actor, thread, posts.items)
    shown = web.page(
        "threads/show.html",
        thread=thread,
        posts=posts,
        head=head_views.head_of(actor, thread, posts, is_by_age=order == ORDERS[0]),
        order=order,
        orders=_sort_links(ORDERS, order, thread_id=thread.id, slug=thread.slug, _anchor="replies"),
        form=_reply_form(actor, thread),
        reader=reader,
        is_following=reader.is_following,
        people=queries.people_in(posts.items),
        others=lists.others_like(actor, thread),
        panels=_panels(thread, actor, posts),
        marks=_marks(thread, actor, posts),
        notices=notices.on_page(actor, thread, posts, is_by_age=order == ORDERS[0]),
        slow_words=slow.words(thread.slow_seconds) if thread.is_slow else "",
        free_at=slow.free_at(actor, thread) if actor.is_authenticated else None,
        particulars=particulars_of(thread, actor),
    )
    reader_views.saw(thread.id)
    return shown


def _panels(thread, actor, posts):
    """What other features show below the opening post; who has nothing to show is not asked."""
    panels, shown = current_app.extensions["panels"], []
    if thread.has_poll:
        shown += [panel(thread, actor) for panel in panels["thread"]]
    if thread.kind is Kind.QUESTION:
        shown += [panel(thread, actor, posts) for panel in panels["question"]]
    return [one for one in shown if one]


def _marks(thread, actor, posts) -> dict[int, str]:
    """What other features offer beside each reply of a question, by its id."""
    if thread.kind is not Kind.QUESTION or not actor.is_authenticated:
        return {}
    shown: dict[int, str] = {}
    for panel in current_app.extensions["panels"]["answers"]:
        shown |= panel(thread, actor, posts)
    return shown


def _address_of_post(actor, thread, post_id):
    """Where a post is now: it may have gone to another thread since the link was made."""
    try:
        post = reach.post_or_missing(actor, post_id)
    except Missing:
        post = None
    if post is None or post.thread.access == PEOPLE:
        return url_for(".show", thread_id=thread.id, slug=thread.slug)
    return address_of(post)


def _address_of_number(actor, thread, number):
    post = queries.post_numbered(actor, thread, number)
    post = post or places.post_now(actor, thread.id, number)
    if post is None:
        return url_for(".show", thread_id=thread.id, slug=thread.slug)
    return address_of(post)


def _elsewhere(actor, thread_id):
    """Lead on from the address of a thread that was merged into another.

    The part of an address behind "#" never gets here; `was` lets the page's script find the
    post it names. For good once the merge cannot be undone any more.
    """
    thread = places.thread_now(actor, thread_id)
    if wanted := request.args.get("post", type=int):
        return redirect(_address_of_post(actor, thread, wanted))
    if number := request.args.get("number", type=int):
        post = places.post_now(actor, thread_id, number)
        return redirect(address_of(post) if post else url_for(".show", thread_id=thread.id))
    post = places.post_now(actor, thread_id, (page_number() - 1) * queries.PER_PAGE + 1)
    here = post is not None and post.thread_id == thread.id
    page = queries.page_of(post) if here else 1
    url = url_for(
        ".show",
        thread_id=thread.id,
        slug=thread.slug,
        page=page if page > 1 else None,
        was=thread_id,
    )
    return redirect(url, 301 if places.is_settled(thread_id) else 302)


def _reply_form(actor, thread) -> ReplyForm | None:
    """A composer: empty, with the draft, with the quote asked for, or with both."""
    if not (can(actor, Can.REPLY, thread) or can(actor, Can.BEGIN_REPLY, thread)):
        return None
    form = ReplyForm()
    if draft := drafts.at(actor, f"thread:{thread.id}"):
        form.take_up(draft)
    if quoted := request.args.get("quote", type=int):
        post = reach.post_or_missing(actor, quoted)
        is_elsewhere = post.thread.access == PEOPLE  # what was said in private stays there
        if can(actor, Can.SEE_POST, post) and post.is_visible and not is_elsewhere:
            form.body.data = with_quote(form.body.data or "", quote_of(post))
    return form


def with_quote(body: str, quote: str) -> str:
    """What was written and a quote below it; a quote that is there already is not repeated."""
    if quote.strip() in body:
        return body
    return f"{body.rstrip()}\n\n{quote}" if body.strip() else quote


def quote_of(post) -> str:
    """The Markdown that begins a reply to a post."""
    url = url_for("threads.show", thread_id=post.thread_id, slug=post.thread.slug)
    return text.quote(
        post.body,
        name=post.author.username,
        url=f"{url}#post-{post.number}",
        post_id=post.id,
    )


@blueprint.get("/posts/<int:post_id>")
def locate(post_id):
    """Lead to where a post is now; this address never changes."""
    post = reach.post_or_missing(web.actor(), post_id)
    if post.thread.access == PEOPLE:
        return redirect(url_for("messages.show", thread_id=post.thread_id, post=post.id))
    return redirect(address_of(post))


@blueprint.get("/t/old/<source>/<old_id>")
def old(source, old_id):
    """Where a thread or post of the system before this one lives now."""
    thread_id, post_id = reach.imported(source, old_id)
    return redirect(url_for(".show", thread_id=thread_id, post=post_id), 301)


@blueprint.get("/posts/<int:post_id>/revisions")
def revisions(post_id):
    """What a post said before, newest change first, with the words that changed."""
    actor = web.actor()
    post = reach.post_or_missing(actor, post_id)
    return web.page(
        "threads/revisions.html", post=post, changes=_changes(post, queries.revisions(actor, post))
    )


def _changes(post, revisions):
    """Each edit, newest first, as (revision, pieces of the text, pieces of the title).

    Of a version whose text is gone there are no pieces; the one before is compared with the
    next that is there.
    """
    body, title, changes = post.body, post.thread.title, []
    for revision in revisions:
        if revision.is_hidden:
            changes.append((revision, [], []))
            continue
        of_title = by_words(revision.title, title) if revision.title else []
        changes.append((revision, by_words(revision.body, body), of_title))
        body, title = revision.body, revision.title or title
    return changes


# -- Addresses and numbers -------------------------------------------------


@blueprint.app_template_global("post_url")
def address_of(post, thread=None) -> str:
    """Where a post is: its page and its place on it."""
    thread = thread or post.thread
    number = queries.page_of(post)
    if thread.access == PEOPLE:
        anchor = f"post-{post.number}"
        return url_for("messages.show", thread_id=thread.id, page=number, _anchor=anchor)
    return url_for(
        "threads.show",
        thread_id=thread.id,
        slug=thread.slug,
        page=number if number > 1 else None,
        _anchor=f"post-{post.number}",
    )


@blueprint.app_template_global("trail_to")
def trail_to(thread) -> list[tuple[str, str]]:
    """Where a thread is, for the crumbs of pages about one of its posts: (label, address)."""
    if thread.access == PEOPLE:
        return [(_("Messages"), url_for("messages.index"))]
    category = thread.category
    return [(category.name, url_for("threads.category", slug=category.slug))]


def page_number() -> int:
    """The page asked for; Missing when it cannot be one."""
    asked = request.args.get("page", "1")
    if not asked.isascii() or not asked.isdigit() or not 0 < int(asked) < 1_000_000:
        raise Missing(_("There is no such page."))
    return int(asked)


def one_of(name: str, allowed: tuple[str, ...]) -> str:
    """A choice in the address; the first when there is none or it is unknown."""
    asked = request.args.get(name)
    return asked if asked in allowed else allowed[0]
