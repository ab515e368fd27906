"""Importing a JSON Lines file: every row accounted for, twice the same as once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TextIO

from sqlalchemy import select

from community.events import ThreadsImported
from community.kernel import text
from community.kernel.bus import publish
from community.kernel.db import db, writing
from community.members.models import Member
from community.members.names import free_username, username_key
from community.threads.imported import ImportedId
from community.threads.imported import ImportedKind as Kind
from community.threads.models import Category, Post, Thread
from community.transfer.rows import BadRow, ReplyRow, ThreadRow, read_lines, reply_row, thread_row
from community.transfer.writing import NewPost, NewThread, Writer

CHUNK = 100  # threads in one transaction
_NO_CATEGORY = "imported"


@dataclass
class Report:
    """What became of a file. `rows == threads + known + len(bad_rows)`, always."""

    rows: int = 0
    threads: int = 0
    posts: int = 0
    members: int = 0
    categories: int = 0
    known: int = 0
    known_posts: int = 0
    spam: int = 0
    accepted: int = 0
    votes_against: int = 0
    tags_left_out: int = 0
    bad_rows: list[tuple[int, str]] = field(default_factory=list)
    bad_replies: list[tuple[int, str]] = field(default_factory=list)

    def lines(self, *, dry_run: bool) -> Iterator[str]:
        """The report in words, for a person at a terminal."""
        yield f"{self.rows} rows read" + (", nothing written (dry run)" if dry_run else "")
        yield (
            f"{self.threads} threads and {self.posts} posts are new,"
            f" by {self.members} new members, in {self.categories} new categories"
        )
        if self.known:
            yield f"{self.known} threads with {self.known_posts} posts were there already"
        if self.accepted:
            yield f"{self.accepted} replies marked as accepted"
        if self.spam:
            yield f"{self.spam} replies marked as spam there are hidden here"
        if self.votes_against:
            yield f"{self.votes_against} votes against were left out: there are none here"
        if self.tags_left_out:
            yield f"{self.tags_left_out} tags beyond five a thread were left out"
        for line, reason in self.bad_rows:
            yield f"line {line}: row skipped: {reason}"
        for line, reason in self.bad_replies:
            yield f"line {line}: reply skipped: {reason}"


_Texts = tuple[ReplyRow, str, str]
"""A reply with its Markdown and its HTML."""


@dataclass
class _Ready:
    """A row that passed, its texts converted and rendered."""

    line: int
    row: ThreadRow
    body: str
    html: str
    replies: list[_Texts]


def import_jsonl(
    file: TextIO,
    *,
    source: str,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Report:
    """Import threads into the brand in scope; what is there already is left alone.

    `source` names the system the ids come from. Rows that cannot be read are reported
    by line and skipped. A dry run checks and counts, and writes nothing. `progress` is
    told the number of rows read so far. Commits after every chunk, so a stopped import
    goes on where it was when it is run again.
    """
    report = Report()
    importer = _Importer(source, report)
    rows = _ready_rows(file, report)
    while chunk := list(islice(rows, CHUNK)):
        if dry_run:
            importer.count(chunk)
        else:
            with writing():
                db.session.rollback()  # what was read so far was read without the write lock
                importer.take(chunk)
                db.session.commit()
        progress(report.rows)
    progress(report.rows)
    return report


def _ready_rows(file: TextIO, report: Report) -> Iterator[_Ready]:
    """Check, convert and render, outside any transaction: this is the slow part."""
    for line, raw in read_lines(file):
        report.rows += 1
        try:
            if isinstance(raw, BadRow):
                raise raw
            row = thread_row(raw)
            body = row.markdown()
        except BadRow as error:
            report.bad_rows.append((line, str(error)))
            continue
        replies = []
        for raw_reply in row.replies:
            try:
                reply = reply_row(raw_reply)
                reply_body = reply.markdown()
            except BadRow as error:
                report.bad_replies.append((line, str(error)))
                continue
            replies.append((reply, reply_body, str(text.render(reply_body))))
        yield _Ready(line, row, body, str(text.render(body)), replies)


class _Importer:
    """Knows what the brand has already: ids, people and sections, looked up once."""

    def __init__(self, source: str, report: Report):
        self._source = source
        self._report = report
        records = db.session.scalars(select(ImportedId).where(ImportedId.source == source)).all()
        self._threads = {r.old_id: r.thread_id for r in records if r.kind is Kind.THREAD}
        self._posts = {r.old_id for r in records if r.kind is Kind.POST}
        self._members = {r.old_id: r.member_id for r in records if r.kind is Kind.MEMBER}
        self._categories = {c.slug: c.id for c in db.session.scalars(select(Category))}
        self._people: dict[str, Member] = {}
        self._sections: dict[str, Category] = {}

    def take(self, chunk: list[_Ready]) -> None:
        """Write what is new of these rows."""
        writer = Writer()
        # Rows of the last chunk are known to a session that has let go of them.
        self._people.clear()
        self._sections.clear()
        touched = set()
        for ready in chunk:
            old_id = ready.row.id
            is_known = old_id in self._threads
            replies = self._new_replies(ready, is_known=is_known)
            if is_known:
                self._add_new_replies(writer, ready, replies, self._threads[old_id])
            else:
                self._add_thread(writer, ready, replies, old_id)
            if replies or not is_known:
                touched.add(self._threads[old_id])
        if touched:
            publish(ThreadsImported(thread_ids=sorted(touched)))

    def count(self, chunk: list[_Ready]) -> None:
        """Report what `take` would do, and write nothing."""
        for ready in chunk:
            row, report = ready.row, self._report
            old_id = row.id
            replies = self._new_replies(ready, is_known=old_id in self._threads)
            if old_id not in self._threads:
                self._tally_thread(row)
                report.posts += 1
                report.members += self._is_new(self._members, row.author)
                slug = text.slugify(row.category, fallback=_NO_CATEGORY)
                report.categories += self._is_new(self._categories, slug)
            report.posts += len(replies)
            for reply, *_texts in replies:
                report.members += self._is_new(self._members, reply.author)
                self._tally(row, reply)
            self._threads[old_id] = 0

    def _new_replies(self, ready: _Ready, *, is_known: bool) -> list[_Texts]:
        """The replies whose id is new, and a word about the others."""
        new = []
        self._report.known += is_known
        self._report.known_posts += is_known
        for reply in ready.replies:
            old_id = reply[0].id
            if old_id not in self._posts:
                new.append(reply)
            elif is_known:
                self._report.known_posts += 1
            else:
                reason = f"{reply[0].id}: another message has this id"
                self._report.bad_replies.append((ready.line, reason))
            self._posts.add(old_id)
        return new

    @staticmethod
    def _is_new(known: dict[str, int], key: str) -> bool:
        return key not in known and known.setdefault(key, 0) == 0

    def _add_thread(
        self, writer: Writer, ready: _Ready, replies: list[_Texts], old_id: str
    ) -> None:
        row = ready.row
        opening = NewPost(
            author=self._member(row.author),
            created_at=row.created,
            body=ready.body,
            html=ready.html,
            votes=row.helpful_votes(),
        )
        thread, posts = writer.write(
            NewThread(
                title=row.title,
                category=self._category(row.category),
                tags=row.tags,
                posts=[opening, *(self._reply(row, *reply) for reply in replies)],
                views=max(row.views, 0),
                is_locked=bool(row.closed),
                source_url=row.source_url,
                source_licence=row.licence,
            )
        )
        self._threads[old_id] = thread.id
        self._remember(Kind.THREAD, old_id, thread_id=thread.id)
        self._remember_posts(thread, posts, [row.id, *(reply.id for reply, *_ in replies)])
        self._tally_thread(row)

    def _add_new_replies(
        self, writer: Writer, ready: _Ready, replies: list[_Texts], thread_id: int
    ) -> None:
        if replies:
            thread = db.session.get_one(Thread, thread_id)
            posts = writer.add_posts(thread, [self._reply(ready.row, *r) for r in replies])
            self._remember_posts(thread, posts, [reply.id for reply, *_ in replies])

    def _reply(self, row: ThreadRow, reply: ReplyRow, body: str, html: str) -> NewPost:
        self._tally(row, reply)
        return NewPost(
            author=self._member(reply.author),
            created_at=max(reply.created, row.created),
            body=body,
            html=html,
            votes=reply.helpful_votes(),
            is_spam=reply.is_spam,
            is_accepted=_is_accepted(row, reply),
        )

    def _tally_thread(self, row: ThreadRow) -> None:
        self._report.threads += 1
        self._report.tags_left_out += max(len(row.tags) - 5, 0)

    def _tally(self, row: ThreadRow, reply: ReplyRow) -> None:
        self._report.accepted += _is_accepted(row, reply)
        self._report.spam += reply.is_spam
        self._report.votes_against += max(reply.unhelpful, -reply.score, 0)

    def _remember_posts(self, thread: Thread, posts: list[Post], old_ids: list[str]) -> None:
        self._report.posts += len(posts)
        for post, old_id in zip(posts, old_ids, strict=True):
            self._remember(Kind.POST, old_id, thread_id=thread.id, post_id=post.id)

    def _remember(self, kind: Kind, old_id: str, **where: int) -> None:
        db.session.add(ImportedId(source=self._source, kind=kind, old_id=old_id, **where))

    def _member(self, name: str) -> Member:
        """Who wrote it: known from an earlier row or run, or made now, without a way to sign in."""
        if name in self._people:
            return self._people[name]
        if name in self._members:
            member = db.session.get_one(Member, self._members[name])
        else:
            username = free_username(name)
            member = Member(
                username=username,
                username_key=username_key(username),
                name=name[:60],
                posts_count=0,
                helpful_count=0,
            )
            db.session.add(member)
            db.session.flush()  # the register needs member.id
            self._members[name] = member.id
            self._remember(Kind.MEMBER, name, member_id=member.id)
            self._report.members += 1
        self._people[name] = member
        return member

    def _category(self, name: str) -> Category:
        slug = text.slugify(name, fallback=_NO_CATEGORY)
        if slug in self._sections:
            return self._sections[slug]
        if slug in self._categories:
            category = db.session.get_one(Category, self._categories[slug])
        else:
            words = name.replace("-", " ").replace("_", " ")
            category = Category(
                slug=slug,
                name=words[:1].upper() + words[1:],
                position=len(self._categories) + 1,
                threads_count=0,
            )
            db.session.add(category)
            db.session.flush()  # threads refer to it by its id
            self._categories[slug] = category.id
            self._report.categories += 1
        self._sections[slug] = category
        return category


def _is_accepted(row: ThreadRow, reply: ReplyRow) -> bool:
    return reply.accepted or (row.accepted_id is not None and reply.id == row.accepted_id)
