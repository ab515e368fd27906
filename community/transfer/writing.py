"""Writing threads that already happened: with their dates, in bulk, telling nobody."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from community.kernel import text
from community.kernel.db import db
from community.media import service as media
from community.members.models import Member
from community.threads import counts
from community.threads.models import (
    Category,
    Follow,
    HelpfulVote,
    Post,
    PostPicture,
    State,
    Tag,
    Thread,
    ThreadTag,
)


@dataclass
class NewPost:
    """A message to write. `voters` are member ids; `votes` are counted without voters."""

    author: Member
    created_at: datetime
    body: str
    html: str
    voters: Collection[int] = ()
    votes: int = 0
    is_spam: bool = False
    is_accepted: bool = False


@dataclass
class NewThread:
    title: str
    category: Category
    tags: Collection[str]
    posts: list[NewPost]
    views: int = 0
    is_pinned: bool = False
    is_locked: bool = False
    source_url: str = ""
    source_licence: str = ""
    picture: str = ""
    followers: Collection[int] = field(default_factory=tuple)


class Writer:
    """Writes threads of the brand in scope; looks tags up once."""

    def __init__(self):
        self._tags = {tag.slug: tag for tag in db.session.scalars(select(Tag))}

    def write(self, new: NewThread) -> tuple[Thread, list[Post]]:
        """Add a thread and its posts to the session and flush it: ids are known afterwards."""
        opening, tags = new.posts[0], list(self._tags_named(new.tags))
        thread = Thread(
            title=new.title,
            slug=text.slugify(new.title),
            author_id=opening.author.id,
            last_author_id=opening.author.id,
            excerpt=text.excerpt(opening.body),
            picture=new.picture,
            created_at=opening.created_at,
            last_post_at=opening.created_at,
            views_count=new.views,
            posts_count=0,
            next_number=1,
            is_pinned=new.is_pinned,
            is_locked=new.is_locked,
            source_url=new.source_url,
            source_licence=new.source_licence,
            tag_line=" ".join(sorted(tag.slug for tag in tags)),
        )
        thread.put_in(new.category)
        db.session.add(thread)
        db.session.flush()  # posts, tags and follows need thread.id
        for tag in tags:
            db.session.add(ThreadTag(thread_id=thread.id, tag_id=tag.id))
        for member_id in {*new.followers, opening.author.id}:
            db.session.add(Follow(thread_id=thread.id, member_id=member_id))
        new.category.threads_count += 1
        return thread, self.add_posts(thread, new.posts)

    def add_posts(self, thread: Thread, posts: list[NewPost]) -> list[Post]:
        """Number further posts and add them, in the order given."""
        written = []
        for new in posts:
            post = Post(
                thread_id=thread.id,
                number=thread.next_number,
                author_id=new.author.id,
                body=new.body,
                html=new.html,
                render_version=text.RENDER_VERSION,
                created_at=new.created_at,
                imported_helpful=new.votes,
                helpful_count=new.votes + len(new.voters),
                is_accepted=new.is_accepted,
                state=State.HIDDEN if new.is_spam else State.VISIBLE,
                removed_at=new.created_at if new.is_spam else None,
                removed_reason="spam" if new.is_spam else "",
            )
            db.session.add(post)
            written.append(post)
            thread.next_number += 1
            thread.is_solved |= new.is_accepted and not new.is_spam
            if not new.is_spam:
                self._count(thread, new)
        db.session.flush()  # votes and the register of old ids need post.id
        for post, new in zip(written, posts, strict=True):
            self._note_pictures(post)
            if new.is_accepted and not new.is_spam and thread.answer_id is None:
                counts.show_answer(thread, post)
            for voter_id in new.voters:
                vote = HelpfulVote(
                    post_id=post.id,
                    member_id=voter_id,
                    author_id=post.author_id,
                    created_at=new.created_at,
                )
                db.session.add(vote)
        return written

    def _note_pictures(self, post: Post) -> None:
        """A picture is hidden together with the last post that shows it."""
        tokens = {media.token_of(address) for address in text.pictures(post.body)} - {None}
        for upload in media.by_tokens(tokens).values() if tokens else ():
            db.session.add(PostPicture(post_id=post.id, upload_id=upload.id))

    def _count(self, thread: Thread, new: NewPost) -> None:
        thread.posts_count += 1
        thread.last_post_at = new.created_at
        thread.last_author_id = new.author.id
        new.author.posts_count += 1
        new.author.helpful_count += new.votes + len(new.voters)

    def _tags_named(self, names: Collection[str]) -> list[Tag]:
        slugs = dict.fromkeys(text.slugify(name, fallback="")[:30] for name in names)
        missing = [slug for slug in slugs if slug and slug not in self._tags]
        for slug in missing:
            self._tags[slug] = Tag(slug=slug)
            db.session.add(self._tags[slug])
        if missing:
            db.session.flush()  # a tag is referred to by its id
        return [self._tags[slug] for slug in slugs if slug][:5]
