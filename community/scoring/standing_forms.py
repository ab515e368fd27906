"""What is typed about standing: appearing on boards, taking badges back, ranks, missions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wtforms import BooleanField, TextAreaField
from wtforms.validators import DataRequired, Length

from community.kernel.i18n import _, _l
from community.kernel.web import Form
from community.scoring.badges import LONGEST_REASON
from community.scoring.ranks import MOST_RANKS, Given
from community.scoring.standing_models import Rank, Unlock

ICONS = ("seal", "leaf", "heart", "star", "crown", "spark", "trophy", "flame", "shield", "wrench")
MOST_POINTS = 1_000_000
SPARE_LINES = 2


class ListingForm(Form):
    """Whether a member appears on boards."""

    is_listed = BooleanField(_l("Show me on leaderboards"))


class RevokeForm(Form):
    """Why a badge is taken back."""

    reason = TextAreaField(
        _l("Why"),
        [
            DataRequired(_l("Say why, so that the member understands.")),
            Length(max=LONGEST_REASON, message=_l("Use %(max)d characters at most.")),
        ],
    )


class PlainForm(Form):
    """A form whose fields are read by hand, because there are as many as there are lines."""


@dataclass
class RankLine:
    """One line of the table of ranks, as typed. `error` stands beside it."""

    number: int
    id: str = ""
    name: str = ""
    icon: str = ICONS[0]
    threshold: str = ""
    accepted: str = "0"
    unlocks: set[str] = field(default_factory=set)
    error: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.name.strip() and not self.threshold.strip()

    def given(self) -> Given | None:
        """The rank that was typed; None, with `error` set, when that is none."""
        threshold, accepted = _whole(self.threshold), _whole(self.accepted or "0")
        if not self.name.strip():
            self.error = _("Every rank needs a name.")
        elif threshold is None or accepted is None:
            self.error = _("Points and answers are whole numbers from 0 to 1,000,000.")
        if self.error:
            return None
        unlocks = " ".join(unlock for unlock in Unlock if unlock in self.unlocks)
        icon = self.icon if self.icon in ICONS else ICONS[0]
        rank_id = int(self.id) if _whole(self.id) else None
        return Given(rank_id, self.name, icon, threshold or 0, accepted or 0, unlocks)


def _whole(text: str) -> int | None:
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 7 or int(text) > MOST_POINTS:
        return None
    return int(text)


def lines_of(ranks: list[Rank]) -> list[RankLine]:
    """The ladder as it is, with empty lines for more."""
    lines = [
        RankLine(
            number,
            str(rank.id or ""),
            rank.name,
            rank.icon,
            str(rank.threshold),
            str(rank.accepted_needed),
            set(rank.unlocks.split()),
        )
        for number, rank in enumerate(ranks)
    ]
    return _with_spare(lines)


def typed_lines(form: Mapping) -> list[RankLine]:
    """The lines as they were sent."""
    lines = []
    for n in range(MOST_RANKS + SPARE_LINES):
        if f"name-{n}" not in form:
            continue
        lines.append(
            RankLine(
                n,
                form.get(f"id-{n}", ""),
                form[f"name-{n}"],
                form.get(f"icon-{n}", ICONS[0]),
                form.get(f"threshold-{n}", ""),
                form.get(f"accepted-{n}", "0"),
                {unlock.value for unlock in Unlock if f"{unlock}-{n}" in form},
            )
        )
    return lines


def _with_spare(lines: list[RankLine]) -> list[RankLine]:
    spare = min(SPARE_LINES, MOST_RANKS - len(lines))
    return lines + [RankLine(len(lines) + n) for n in range(spare)]
