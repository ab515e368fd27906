"""What staff has settled about a thread as a whole, as columns of the thread itself.

They are read with the thread, so that a page of it asks nothing more.
"""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from community.kernel.db import now


class Arranged:
    """`merged_into_id` leads from a thread without posts to the one that has them now;
    `slow_seconds` is the wait between two posts of one member, 0 for none, until
    `slow_until` or until staff ends it; `has_notices` says that acts of staff are told in
    the thread.
    """

    merged_into_id: Mapped[int | None] = mapped_column(index=True)
    slow_seconds: Mapped[int] = mapped_column(default=0)
    slow_until: Mapped[datetime | None]
    has_notices: Mapped[bool] = mapped_column(default=False)

    @property
    def is_slow(self) -> bool:
        return bool(self.slow_seconds) and (self.slow_until is None or now() < self.slow_until)
