"""Who sees a picture: whoever may read a post that shows it.

An address nobody can guess is not enough for what was written in private: it can be passed
on, and it would outlive the right to read.
"""

import enum

from sqlalchemy import select

from community.kernel.db import db
from community.media.models import Upload
from community.members.models import Anonymous
from community.threads.models import Post, PostPicture
from community.threads.reach import readable_posts, visible_posts


class Sight(enum.StrEnum):
    PUBLIC = "public"  # anybody, and caches on the way may keep it
    PRIVATE = "private"  # this reader
    NONE = "none"


def sight_of(upload: Upload, actor) -> Sight:
    """Say who sees an upload: one statement when everybody does.

    What no post shows (a face, a banner, a picture that is being written about) is public.
    """
    open_to_all = visible_posts(Anonymous()).with_only_columns(Post.id).order_by(None)
    shown = select(PostPicture.post_id, PostPicture.post_id.in_(open_to_all))
    posts = db.session.execute(shown.where(PostPicture.upload_id == upload.id)).all()
    if not posts or any(is_open for _id, is_open in posts):
        return Sight.PUBLIC
    if not actor.is_authenticated:
        return Sight.NONE
    if actor.id == upload.owner_id:
        return Sight.PRIVATE
    ids = [id_ for id_, _is_open in posts]
    readable = readable_posts(actor).with_only_columns(Post.id).where(Post.id.in_(ids))
    return Sight.NONE if db.session.scalar(readable.limit(1)) is None else Sight.PRIVATE
