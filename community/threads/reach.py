"""Who sees what of threads and posts: where every list, count and page begins."""

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from community.groups.models import GroupMember
from community.kernel.db import db
from community.kernel.errors import Gone, Missing
from community.kernel.i18n import _
from community.threads.imported import ImportedId
from community.threads.models import (
    Access,
    Audience,
    Category,
    Kind,
    Post,
    State,
    Thread,
    ThreadMember,
)

IDS_END = 2**31

# -- Who sees what ---------------------------------------------------------


def audiences(actor) -> list[Audience]:
    """Return the audiences the actor belongs to wherever he is; of a group, see `open_to`."""
    if not (actor.is_authenticated and actor.is_confirmed):
        return [Audience.EVERYONE]
    if not actor.is_on_duty:
        return [Audience.EVERYONE, Audience.MEMBERS]
    return list(Audience)


def open_to(actor) -> ColumnElement[bool]:
    """The categories open to the actor, as a condition on Category."""
    by_audience = Category.visible_to.in_(audiences(actor))
    if actor.is_on_duty or not (actor.is_authenticated and actor.is_confirmed):
        return by_audience
    groups = select(GroupMember.group_id).where(
        GroupMember.member_id == actor.id, GroupMember.is_in
    )
    by_group = and_(Category.visible_to == Audience.GROUP, Category.group_id.in_(groups))
    return or_(by_audience, by_group)


def visible_categories(actor) -> Select:
    """Sections and parts open to the actor. A part is never more open than its section."""
    return select(Category).where(open_to(actor))


def visible_threads(actor) -> Select:
    """Threads the actor may read: shown ones, own ones, and for staff the removed ones too.

    The category comes with each thread. Private conversations are in no category, so they
    are in nothing that begins here.
    """
    threads = select(Thread).join(Thread.category).options(contains_eager(Thread.category))
    return threads.where(open_to(actor), access_allows(actor), state_allows(actor, Thread))


def visible_posts(actor) -> Select:
    """Posts of those threads that the actor may read, with their thread and its category."""
    posts = (
        select(Post)
        .join(Post.thread)
        .join(Thread.category)
        .options(contains_eager(Post.thread).contains_eager(Thread.category))
    )
    return posts.where(*_of_forum(actor))


def _of_forum(actor) -> tuple[ColumnElement[bool], ...]:
    return (
        open_to(actor),
        access_allows(actor),
        state_allows(actor, Thread),
        state_allows(actor, Post),
    )


def access_allows(actor) -> ColumnElement[bool]:
    """Threads whose own access lets the actor in, whatever their category says."""
    if actor.is_on_duty:
        return Thread.access != Access.PEOPLE
    if actor.is_authenticated:
        return or_(
            Thread.access == Access.OPEN,
            and_(Thread.access == Access.BRAND, Thread.author_id == actor.id),
        )
    return Thread.access == Access.OPEN


def state_allows(actor, model) -> ColumnElement[bool]:
    """Threads or posts (`model`) that are shown, the actor's own, and for staff every one."""
    if actor.is_on_duty:
        return model.id.is_not(None)
    if actor.is_authenticated:
        return or_(model.state == State.VISIBLE, model.author_id == actor.id)
    return model.state == State.VISIBLE


def takes_part(actor) -> ColumnElement[bool]:
    """The private conversations a member is in, and for staff on duty those with the brand."""
    mine = select(ThreadMember.thread_id).where(
        ThreadMember.member_id == actor.id,
        ThreadMember.left_at.is_(None),
        ~ThreadMember.speaks_for_brand,
    )
    if not actor.is_on_duty:
        return Thread.id.in_(mine)
    return or_(Thread.id.in_(mine), Thread.kind == Kind.TO_BRAND)


def is_conversation_of(actor, thread_id: int) -> bool:
    """Whether this is a private conversation the actor reads."""
    if not actor.is_authenticated or not is_id(thread_id):
        return False
    theirs = select(Thread.id).where(
        Thread.id == thread_id, Thread.access == Access.PEOPLE, takes_part(actor)
    )
    return db.session.scalar(theirs) is not None


# -- One thing -------------------------------------------------------------


def is_id(number: int) -> bool:
    """Whether a number somebody sent can be an id; a larger one is an error on PostgreSQL."""
    return 0 < number < IDS_END


def category_or_missing(actor, slug: str) -> Category:
    """Return a category by its slug; Missing when there is none the actor may see."""
    found = db.session.scalar(visible_categories(actor).where(Category.slug == slug))
    if found is None:
        raise Missing(_("There is no such category."))
    return found


def thread_or_missing(actor, thread_id: int) -> Thread:
    """Return a thread; Missing when there is none the actor may see, or it only leads to
    another (`places.thread_now`), Gone when it was purged.
    """
    if not is_id(thread_id):
        raise Missing(_("There is no such discussion."))
    section = contains_eager(Thread.category).joinedload(Category.parent)
    found = db.session.scalar(visible_threads(actor).where(Thread.id == thread_id).options(section))
    if found is not None and found.merged_into_id is None:
        return found
    opening = (
        select(Post.id)
        .join(Post.thread)
        .join(Thread.category)
        .where(
            Post.thread_id == thread_id,
            Post.number == 1,
            Post.body == "",
            Thread.access == Access.OPEN,
            open_to(actor),
        )
    )
    if db.session.scalar(opening) is not None:
        raise Gone(_("This discussion was removed."))
    raise Missing(_("There is no such discussion."))


def post_or_missing(actor, post_id: int) -> Post:
    """Return a post, of a private conversation too; Missing when the actor may not see it."""
    if not is_id(post_id):
        raise Missing(_("There is no such post."))
    people = (joinedload(Post.author), joinedload(Post.edited_by), joinedload(Post.removed_by))
    found = db.session.scalar(readable_posts(actor).where(Post.id == post_id).options(*people))
    if found is None:
        raise Missing(_("There is no such post."))
    return found


def readable_posts(actor) -> Select:
    """Posts the actor may read wherever they are, in private conversations too."""
    return (
        select(Post)
        .join(Post.thread)
        .outerjoin(Thread.category)
        .where(within_reach(actor))
        .options(contains_eager(Post.thread).contains_eager(Thread.category))
    )


def may_quote(actor) -> ColumnElement[bool]:
    """Posts, removed or not, of threads open to the actor; with the category joined or not."""
    of_forum = and_(open_to(actor), access_allows(actor))
    if not actor.is_authenticated:
        return of_forum
    return or_(of_forum, takes_part(actor))


def within_reach(actor) -> ColumnElement[bool]:
    """Posts the actor may read, as a condition on Post with its thread joined and, if it has
    one, its category.
    """
    of_forum = and_(*_of_forum(actor))
    if not actor.is_authenticated:
        return of_forum
    among = and_(
        Thread.access == Access.PEOPLE,
        takes_part(actor),
        or_(Post.state == State.VISIBLE, Post.author_id == actor.id),
    )
    return or_(of_forum, among)


def imported(source: str, old_id: str) -> tuple[int, int | None]:
    """Return (thread id, post id or None) of what had `old_id` in another system, or Missing."""
    found = db.session.scalar(
        select(ImportedId)
        .where(
            ImportedId.source == source,
            ImportedId.old_id == old_id,
            ImportedId.thread_id.is_not(None),
        )
        .order_by(ImportedId.post_id.is_not(None))  # a thread and its first post share an id
        .limit(1)
    )
    if found is None:
        raise Missing(_("There is no such discussion."))
    return found.thread_id, found.post_id
