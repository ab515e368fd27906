"""One line of a JSON Lines file: a thread with its replies, checked field by field."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Annotated, Any, TextIO

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from community.kernel import text
from community.kernel.db import now

MAX_TITLE = 255
_A_DAY = timedelta(days=1)  # clocks of other systems may run ahead, by no more than a zone


class BadRow(Exception):
    """This line cannot be imported; the message says why."""


def _moment(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("is not a date")
    moment = datetime.fromisoformat(value.strip().replace(" +", "+").replace(" -", "-"))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > now() + _A_DAY:
        raise ValueError("is in the future")
    return moment


def _line(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is not text")
    return text.clean_line(value)


Moment = Annotated[datetime, BeforeValidator(_moment)]
Line = Annotated[str, BeforeValidator(_line), Field(min_length=1, max_length=MAX_TITLE)]
Count = Annotated[int, Field(ge=-1_000_000, le=1_000_000_000)]


class _Message(BaseModel):
    id: Line
    author: Line
    created: Moment
    text: str = ""
    html: str | None = None
    helpful: Count = 0
    score: Count = 0

    def helpful_votes(self) -> int:
        """Votes for it. A balance below zero counts as none: there are no votes against here."""
        return max(self.helpful, self.score, 0)

    def markdown(self) -> str:
        """What it says, as Markdown; BadRow when it says nothing or too much."""
        body = text.clean_body(text.from_html(self.html or _as_html(self.text))).strip()
        if not body:
            raise BadRow(f"{self.id} has no text")
        if len(body) > text.MAX_BODY:
            raise BadRow(f"{self.id} has {len(body)} characters; {text.MAX_BODY} are allowed")
        return body


class ReplyRow(_Message):
    is_spam: bool = False
    accepted: bool = False
    unhelpful: Count = 0


class ThreadRow(_Message):
    title: Line
    category: Line
    tags: list[str] = []
    views: Count = 0
    accepted_id: str | None = None
    closed: Any = None
    source_url: str = ""
    licence: str = ""
    replies: list[Any] = []


def _as_html(plain: str) -> str:
    paragraphs = (p.strip("\n") for p in plain.replace("\r\n", "\n").split("\n\n"))
    return "".join(f"<p>{escape(p).replace(chr(10), '<br>')}</p>" for p in paragraphs if p.strip())


def read_lines(file: TextIO) -> Iterator[tuple[int, dict | BadRow]]:
    """Each line that is not blank, with its number from 1: an object, or why it is none."""
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            yield number, BadRow(f"not JSON: {error}")
            continue
        yield number, row if isinstance(row, dict) else BadRow("not a JSON object")


def thread_row(raw: dict) -> ThreadRow:
    """Check a thread; BadRow names the first field that is wrong."""
    return _checked(ThreadRow, raw)


def reply_row(raw: Any) -> ReplyRow:
    return _checked(ReplyRow, raw)


def _checked(model: type[BaseModel], raw: Any):
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"])) or "row"
        name = raw.get("id", "") if isinstance(raw, dict) else ""
        reason = problem["msg"].removeprefix("Value error, ")
        raise BadRow(f"{name}: {where}: {reason}".removeprefix(": ")) from None
