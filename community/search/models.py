"""What search keeps: the index of PostgreSQL, how far it is, and what was not found."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from community.kernel.db import db
from community.kernel.tenancy import BrandScoped, same_brand


class SearchPost(db.Model):
    """A visible post as PostgreSQL's full text finds it; stays empty on SQLite.

    It has no `brand_id`, on purpose: row-level security makes the planner read every row,
    because `@@` is not leakproof and so may not run before the policy, and the index is never
    used. Instead each word in `words` begins with the brand ("7.retinol"), so a question of one
    brand has no words in common with the rows of another, and `brand` is asked for besides.
    Only `search.postgres` reads it (tested), and what it finds is read back through
    `threads.reach`, under the policies.
    """

    __table_args__ = (
        Index(None, "words", postgresql_using="gin"),
        Index(None, "brand", "post_id"),
        Index(None, "thread_id"),
    )
    post_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    brand: Mapped[int]
    thread_id: Mapped[int]
    category_id: Mapped[int]
    author_id: Mapped[int]
    reader_id: Mapped[int]  # the member who alone reads it, beside staff; 0 for everybody
    kind: Mapped[str]
    is_solved: Mapped[bool]
    created_at: Mapped[datetime]
    title: Mapped[str]  # stems of the title and tags of an opening post; "" for a reply
    words: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))


class SearchWord(BrandScoped, db.Model):
    """A word somebody wrote, for spelling suggestions; stays empty on SQLite."""

    __table_args__ = (UniqueConstraint("brand_id", "word"), Index(None, "brand_id", "initial"))
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str]
    initial: Mapped[str]  # its first character: by it alike words are looked up


class SearchState(BrandScoped, db.Model):
    """How far PostgreSQL's index of a brand is; without a row it is made anew."""

    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"), primary_key=True)
    position: Mapped[int | None]  # in the log of events; None while it is made anew
    busy_until: Mapped[datetime | None]  # somebody is making it


class SearchMiss(BrandScoped, db.Model):
    """What was looked for and not found on a day, and how often. Who asked is not known."""

    __table_args__ = (UniqueConstraint("brand_id", "day", "question"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(index=True)
    question: Mapped[str]  # folded words, small ones left out
    count: Mapped[int]


class SimilarAnswer(BrandScoped, db.Model):
    """Somebody who was about to ask said that this thread answers it. Who is not known."""

    __table_args__ = (same_brand("thread_id", "thread"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(index=True)
    day: Mapped[date] = mapped_column(index=True)
