"""What the works of the house tell: pictures, mail, the clock."""

from dataclasses import dataclass

from community.kernel.bus import Event

# -- Pictures --------------------------------------------------------------


@dataclass(frozen=True)
class PictureDiscarded(Event):
    """The row of an upload is gone; its files, one per width in pixels, are to follow."""

    token: str
    widths: list[int]


# -- Mail and the clock ----------------------------------------------------


@dataclass(frozen=True)
class MailQueued(Event):
    mail_id: int


@dataclass(frozen=True)
class TellingPaused(Event):
    """A post concerns more members than one delivery tells; the next tells more of them.

    `about_poll`: it is the poll below the post that they are told of.
    """

    post_id: int
    about_poll: bool = False


@dataclass(frozen=True)
class FiguresDue(Event):
    """Every quarter of an hour: what the home page counts is counted again."""


@dataclass(frozen=True)
class DayBegan(Event):
    """Once a day, in the brand's own night: housekeeping and retention."""


@dataclass(frozen=True)
class PollsDue(Event):
    """Every few minutes: polls whose time is over are closed."""
