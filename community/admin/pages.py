"""The menu of the back office, filled in `community.wiring`."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from flask import current_app, request, url_for

from community.kernel.policy import can


@dataclass(frozen=True)
class AdminPage:
    """One entry: whoever `can` sees it. `count` says how much waits there, if anything does."""

    label: str
    endpoint: str
    can: StrEnum
    icon: str
    count: Callable[[], int] | None = None
    is_late: bool = False  # something waiting there is a fault, not just work


def menu(actor) -> list[tuple[str, list[dict]]]:
    """The entries this actor may open, as the layout wants them."""
    items = [
        {
            "label": page.label,
            "url": url_for(page.endpoint),
            "icon": page.icon,
            "is_current": request.endpoint == page.endpoint,
            "count": page.count() if page.count else 0,
            "is_late": page.is_late,
        }
        for page in current_app.extensions["admin_pages"]
        if can(actor, page.can)
    ]
    return [("", items)]
