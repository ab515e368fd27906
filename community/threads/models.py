import hashlib
from datetime import datetime, timedelta

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Index,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.groups.models import Group
from community.kernel.db import Timestamped, db, now
from community.kernel.tenancy import BrandScoped, referable, same_brand
from community.members.models import Member
from community.threads.arranged import Arranged
from community.threads.kinds import Access, Audience, Kind, State
from community.threads.rendered import RenderedHtml

QUIET_AFTER = timedelta(days=180)


class Category(BrandScoped, db.Model):
    """A section, or a part of one: two levels, no deeper.

    A part is never open to more people than its section (kept by the service).
    """

    __table_args__ = (
        referable(),
        UniqueConstraint("brand_id", "slug"),
        same_brand("parent_id", "category"),
        same_brand("group_id", "member_group"),
        CheckConstraint(
            "group_id IS NOT NULL OR 'group' NOT IN (visible_to, who_may_start, who_may_reply)",
            name="group_is_named",
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(index=True)
    slug: Mapped[str]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    icon: Mapped[str] = mapped_column(default="chat")
    picture: Mapped[str] = mapped_column(default="")  # token of an upload
    position: Mapped[int] = mapped_column(default=0)
    visible_to: Mapped[Audience] = mapped_column(default=Audience.EVERYONE)
    who_may_start: Mapped[Audience] = mapped_column(default=Audience.MEMBERS)
    who_may_reply: Mapped[Audience] = mapped_column(default=Audience.MEMBERS)
    group_id: Mapped[int | None] = mapped_column()  # whom Audience.GROUP means here
    threads_count: Mapped[int] = mapped_column(default=0)
    unanswered_hours: Mapped[int | None]  # until experts are told; None: as its section

    group: Mapped[Group | None] = relationship(foreign_keys=[group_id])
    parent: Mapped["Category | None"] = relationship(
        remote_side="Category.id", foreign_keys=[parent_id], back_populates="children"
    )
    children: Mapped[list["Category"]] = relationship(
        foreign_keys=[parent_id],
        back_populates="parent",
        order_by="Category.position, Category.id",
    )

    @property
    def threads_total(self) -> int:
        """Threads here and in the parts at hand."""
        return self.threads_count + sum(part.threads_count for part in self.children)


class Tag(BrandScoped, db.Model):
    __table_args__ = (referable(), UniqueConstraint("brand_id", "slug"))
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]


class TagSynonym(BrandScoped, db.Model):
    """Another word for a tag: what it was called before, or what people also say.

    Its address leads to the tag, and whoever types it uses the tag.
    """

    __table_args__ = (UniqueConstraint("brand_id", "slug"), same_brand("tag_id", "tag"))
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]
    tag_id: Mapped[int] = mapped_column(index=True)

    tag: Mapped[Tag] = relationship(foreign_keys=[tag_id])


class FormerCategory(BrandScoped, db.Model):
    """The address of a category that is gone: it leads to where its threads went."""

    __table_args__ = (UniqueConstraint("brand_id", "slug"), same_brand("category_id", "category"))
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]
    category_id: Mapped[int] = mapped_column(index=True)

    category: Mapped[Category] = relationship(foreign_keys=[category_id])


class ThreadTag(BrandScoped, db.Model):
    __table_args__ = (same_brand("thread_id", "thread"), same_brand("tag_id", "tag"))
    thread_id: Mapped[int] = mapped_column(primary_key=True)
    tag_id: Mapped[int] = mapped_column(primary_key=True, index=True)


_SEEN_IN_BRAND = ("state", "access", "author_id", "is_pinned", "category_id")
_SEEN_IN_SECTION = (*_SEEN_IN_BRAND, "brand_id")
_SEEN_IN_CATEGORY = ("state", "access", "author_id", "is_pinned", "brand_id")


class Thread(BrandScoped, Timestamped, Arranged, db.Model):
    """A conversation. Its first post (number 1) is what started it.

    `posts_count` counts the first post, always, and the visible replies; `next_number`
    is the number of the next reply: numbers are never reused, so permalinks stay true.
    """

    __table_args__ = (
        referable(),
        same_brand("category_id", "category"),
        same_brand("author_id", "member"),
        same_brand("last_author_id", "member"),
        same_brand("section_id", "category"),
        same_brand("merged_into_id", "thread"),
        # Each list has an index in its order, which holds what decides who sees a thread: far
        # pages are found without reading the threads before them.
        Index("ix_thread_by_activity", "brand_id", "last_post_at", "id", *_SEEN_IN_BRAND),
        Index(
            "ix_thread_by_activity_in_section",
            "section_id",
            "last_post_at",
            "id",
            *_SEEN_IN_SECTION,
        ),
        Index(
            "ix_thread_by_activity_in_category",
            "category_id",
            "last_post_at",
            "id",
            *_SEEN_IN_CATEGORY,
        ),
        Index("ix_thread_by_age", "brand_id", "created_at", "id", *_SEEN_IN_BRAND),
        Index("ix_thread_by_age_in_section", "section_id", "created_at", "id", *_SEEN_IN_SECTION),
        Index(
            "ix_thread_unanswered",
            "brand_id",
            "created_at",
            "id",
            postgresql_where=literal_column("posts_count = 1"),
            sqlite_where=literal_column("posts_count = 1"),
        ),
        Index(
            "ix_thread_pinned",
            "category_id",
            postgresql_where=literal_column("is_pinned"),
            sqlite_where=literal_column("is_pinned"),
        ),
        Index(None, "author_id", "created_at"),
        CheckConstraint(
            "(section_id IS NULL) = (category_id IS NULL)", name="section_follows_category"
        ),
        CheckConstraint(
            "(access = 'people') = (category_id IS NULL)", name="only_messages_have_no_category"
        ),
        same_brand("consent_id", "consent"),
        UniqueConstraint("consent_id"),
        # What was written for the brand alone is opened by its author's consent or not at all.
        CheckConstraint("was_private OR access <> 'brand'", name="for_the_brand_alone_was_private"),
        CheckConstraint(
            "NOT was_private OR access = 'brand' OR consent_id IS NOT NULL",
            name="opened_by_consent",
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Kind] = mapped_column(default=Kind.DISCUSSION)
    access: Mapped[Access] = mapped_column(default=Access.OPEN)
    category_id: Mapped[int | None] = mapped_column()  # set by `put_in`, with the next
    section_id: Mapped[int | None] = mapped_column()  # the category or the section it is part of
    author_id: Mapped[int] = mapped_column()
    title: Mapped[str]
    slug: Mapped[str]
    tag_line: Mapped[str] = mapped_column(default="")  # a copy of `tags`, for lists
    excerpt: Mapped[str] = mapped_column(default="")
    picture: Mapped[str] = mapped_column(default="")  # first picture of the first post
    state: Mapped[State] = mapped_column(default=State.VISIBLE)
    is_locked: Mapped[bool] = mapped_column(default=False)
    is_pinned: Mapped[bool] = mapped_column(default=False)
    posts_count: Mapped[int] = mapped_column(default=1)
    views_count: Mapped[int] = mapped_column(default=0)
    next_number: Mapped[int] = mapped_column(default=2)
    last_post_at: Mapped[datetime] = mapped_column(default=now)
    last_author_id: Mapped[int] = mapped_column()
    is_solved: Mapped[bool] = mapped_column(default=False)  # a reply is accepted or certified
    answer_id: Mapped[int | None] = mapped_column()  # of the first marked reply: these are copies
    answer_mark: Mapped[str] = mapped_column(default="")  # "certified", "accepted" or nothing
    answer_excerpt: Mapped[str] = mapped_column(default="")
    has_poll: Mapped[bool] = mapped_column(default=False)
    same_here_count: Mapped[int] = mapped_column(default=0)  # members with the same question
    source_url: Mapped[str] = mapped_column(default="")  # where an imported one comes from
    source_licence: Mapped[str] = mapped_column(default="")
    was_private: Mapped[bool] = mapped_column(default=False)  # begun for the brand alone
    consent_id: Mapped[int | None] = mapped_column()  # its author's, to being public
    facts: Mapped[list] = mapped_column(JSON, default=list)  # a copy: see `threads.fields`
    has_private_facts: Mapped[bool] = mapped_column(default=False)

    category: Mapped[Category | None] = relationship(foreign_keys=[category_id])
    participants: Mapped[list["ThreadMember"]] = relationship(back_populates="thread")
    author: Mapped[Member] = relationship(foreign_keys=[author_id])
    last_author: Mapped[Member] = relationship(foreign_keys=[last_author_id])
    tags: Mapped[list[Tag]] = relationship(
        secondary="thread_tag",
        primaryjoin="Thread.id == ThreadTag.thread_id",
        secondaryjoin="Tag.id == ThreadTag.tag_id",
        order_by="Tag.slug",
        viewonly=True,
    )
    posts: Mapped[list["Post"]] = relationship(back_populates="thread", order_by="Post.number")

    @property
    def tag_slugs(self) -> list[str]:
        """The thread's tags in order, without reading their rows."""
        return self.tag_line.split()

    def put_in(self, category: Category) -> None:
        """Give the thread its place; every thread but a private conversation has one."""
        self.category = category
        self.section_id = category.parent_id or category.id

    @property
    def is_quiet(self) -> bool:
        """Nobody wrote here for half a year: what was true then may have changed."""
        return now() - self.last_post_at > QUIET_AFTER

    def is_among(self, member_id: int) -> bool:
        """Whether a member takes part in this private conversation now, for themselves."""
        return any(one.member_id == member_id and one.is_in for one in self.participants)


class ThreadMember(BrandScoped, Timestamped, db.Model):
    """Somebody in a private conversation. Whoever left reads it no more.

    Staff that `speaks_for_brand` in a conversation with the brand reads it while on duty and
    not as a person: a row alone opens nothing to them. `read_number` is the number of the
    last post the member has seen.
    """

    __table_args__ = (
        same_brand("thread_id", "thread"),
        same_brand("member_id", "member"),
        same_brand("added_by_id", "member"),
    )
    thread_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True, index=True)
    added_by_id: Mapped[int | None] = mapped_column()  # None: from the beginning
    speaks_for_brand: Mapped[bool] = mapped_column(default=False)
    read_number: Mapped[int] = mapped_column(default=0)
    left_at: Mapped[datetime | None]

    thread: Mapped[Thread] = relationship(
        back_populates="participants", foreign_keys=[thread_id], overlaps="participants"
    )
    member: Mapped[Member] = relationship(foreign_keys=[member_id])
    added_by: Mapped[Member | None] = relationship(foreign_keys=[added_by_id])

    @property
    def is_in(self) -> bool:
        return self.left_at is None and not self.speaks_for_brand


class Post(BrandScoped, Timestamped, db.Model):
    """One message. `body` is Markdown and is the truth; `html` is made from it on save."""

    __table_args__ = (
        referable(),
        same_brand("thread_id", "thread"),
        same_brand("author_id", "member"),
        same_brand("edited_by_id", "member"),
        same_brand("removed_by_id", "member"),
        UniqueConstraint("thread_id", "number"),
        UniqueConstraint("author_id", "submission"),
        Index(None, "author_id", "created_at"),
        Index(
            "ix_post_edited",
            "brand_id",
            "thread_id",
            "edited_at",
            postgresql_where=literal_column("edited_at IS NOT NULL"),
            sqlite_where=literal_column("edited_at IS NOT NULL"),
        ),
        CheckConstraint("helpful_count >= 0", name="helpful_count_is_not_negative"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column()
    number: Mapped[int]
    author_id: Mapped[int] = mapped_column()
    body: Mapped[str]
    html: Mapped[str] = mapped_column(RenderedHtml)
    render_version: Mapped[int]
    state: Mapped[State] = mapped_column(default=State.VISIBLE)
    submission: Mapped[str | None]  # key of the form that sent it: sent twice, posted once
    helpful_count: Mapped[int] = mapped_column(default=0)  # its votes + imported_helpful
    imported_helpful: Mapped[int] = mapped_column(default=0)  # counted elsewhere, voters unknown
    is_accepted: Mapped[bool] = mapped_column(default=False)
    is_certified: Mapped[bool] = mapped_column(default=False)  # see `qa.models.Certification`
    edited_at: Mapped[datetime | None]
    edited_by_id: Mapped[int | None] = mapped_column()
    removed_at: Mapped[datetime | None] = mapped_column(index=True)
    removed_by_id: Mapped[int | None] = mapped_column()
    removed_reason: Mapped[str] = mapped_column(default="")

    thread: Mapped[Thread] = relationship(back_populates="posts", foreign_keys=[thread_id])
    author: Mapped[Member] = relationship(foreign_keys=[author_id])
    edited_by: Mapped[Member | None] = relationship(foreign_keys=[edited_by_id])
    removed_by: Mapped[Member | None] = relationship(foreign_keys=[removed_by_id])

    @property
    def is_visible(self) -> bool:
        return self.state is State.VISIBLE

    @property
    def is_opening(self) -> bool:
        return self.number == 1

    @property
    def is_purged(self) -> bool:
        """Removed so long ago, or for good, that its text is gone."""
        return self.body == ""

    @property
    def is_edited_by_staff(self) -> bool:
        return self.edited_by_id not in {None, self.author_id}

    @property
    def version(self) -> str:
        """A name for what this post says now; any edit gives it another."""
        parts = [self.body]
        if self.is_opening:
            parts += [self.thread.title, *(tag.slug for tag in self.thread.tags)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


class PostRevision(BrandScoped, Timestamped, db.Model):
    """What a post said before an edit; `title` only when the thread's title changed too."""

    __table_args__ = (
        same_brand("post_id", "post"),
        same_brand("editor_id", "member"),
        same_brand("hidden_by_id", "member"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(index=True)
    editor_id: Mapped[int] = mapped_column()
    title: Mapped[str | None]
    body: Mapped[str]
    hidden_at: Mapped[datetime | None]  # its text held personal data and is gone
    hidden_by_id: Mapped[int | None] = mapped_column()

    @property
    def is_hidden(self) -> bool:
        return self.hidden_at is not None

    post: Mapped[Post] = relationship(foreign_keys=[post_id])
    editor: Mapped[Member] = relationship(foreign_keys=[editor_id])


class HelpfulVote(BrandScoped, Timestamped, db.Model):
    """One member found one post helpful. The row is the truth, the counter a copy."""

    __table_args__ = (
        same_brand("post_id", "post"),
        same_brand("member_id", "member"),
        same_brand("author_id", "member"),
        Index(None, "member_id", "created_at"),
    )
    post_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(
        index=True
    )  # of the post: for the daily limit per author


class Follow(BrandScoped, Timestamped, db.Model):
    __table_args__ = (same_brand("thread_id", "thread"), same_brand("member_id", "member"))
    thread_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True, index=True)


class PostMention(BrandScoped, db.Model):
    __table_args__ = (same_brand("post_id", "post"), same_brand("member_id", "member"))
    post_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True, index=True)


class PostQuote(BrandScoped, db.Model):
    """Which posts quote which: a quoted text disappears when its source is removed."""

    __table_args__ = (same_brand("post_id", "post"), same_brand("quoted_id", "post"))
    post_id: Mapped[int] = mapped_column(primary_key=True)
    quoted_id: Mapped[int] = mapped_column(primary_key=True, index=True)


class PostPicture(BrandScoped, db.Model):
    """Which posts show which uploads: a picture goes with the last visible post showing it."""

    __table_args__ = (same_brand("post_id", "post"), same_brand("upload_id", "upload"))
    post_id: Mapped[int] = mapped_column(primary_key=True)
    upload_id: Mapped[int] = mapped_column(primary_key=True, index=True)
