"""How far members have read goes along when posts change threads: what was read stays read."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update

from community.kernel.db import db
from community.threads.carrying import Carried
from community.threads.models import Thread
from community.threads.reading import ReadMark


def read_along(posts: Sequence[Carried], into: Thread, *, is_new: bool) -> list[list[int]]:
    """Move marks on over posts that come behind the last of a held thread, or make a new one.

    A mark is the highest number read, so it moves for whoever had read all there was, as far
    as the posts that come were read where they stood. Returns what changed, as
    [member id, mark before, mark after], for `unread_again`.
    """
    had_read = _marks({post.thread_id for post in posts})
    last = 0 if is_new else into.next_number - 1
    at_the_end = select(ReadMark).where(ReadMark.thread_id == into.id, ReadMark.last_read == last)
    marks = {mark.member_id: mark for mark in db.session.scalars(at_the_end)}
    members = {member_id for member_id, _thread_id in had_read} if is_new else marks.keys()
    changed = []
    for member_id in sorted(members):
        read = _read_in_a_row(member_id, posts, had_read)
        if not read:
            continue
        if is_new:
            moment = max(at for (who, _), (_, at) in had_read.items() if who == member_id)
            mark = ReadMark(member_id=member_id, thread_id=into.id, read_at=moment)
            db.session.add(mark)
        else:
            mark = marks[member_id]
        mark.last_read = last + read
        changed.append([member_id, last, last + read])
    return changed


def _marks(thread_ids: Iterable[int]) -> dict[tuple[int, int], tuple]:
    """(last number read, when) by member and thread."""
    kept = select(ReadMark.member_id, ReadMark.thread_id, ReadMark.last_read, ReadMark.read_at)
    rows = db.session.execute(kept.where(ReadMark.thread_id.in_(thread_ids)))
    return {(member_id, thread_id): (last, at) for member_id, thread_id, last, at in rows}


def _read_in_a_row(member_id: int, posts: Sequence[Carried], had_read: dict) -> int:
    for count, post in enumerate(posts):
        last, _at = had_read.get((member_id, post.thread_id), (0, None))
        if post.number > last and post.author_id != member_id:
            return count
    return len(posts)


def unread_again(changed: Iterable[Sequence[int]], thread: Thread) -> None:
    """Take back what `read_along` did where nobody read on since; no mark is beyond the last
    post that is left.
    """
    for member_id, before, after in changed:
        mark = db.session.get(ReadMark, (member_id, thread.id))
        if mark is not None and mark.last_read == after:
            mark.last_read = before
    db.session.flush()  # the statement below is the database's
    beyond = update(ReadMark).where(
        ReadMark.thread_id == thread.id, ReadMark.last_read >= thread.next_number
    )
    beyond = beyond.values(last_read=thread.next_number - 1)
    db.session.execute(beyond.execution_options(synchronize_session="fetch"))
