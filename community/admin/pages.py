"""The menu of the back office, filled in `community.wiring`."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from flask import current_app, request, url_for

from community.kernel.i18n import _l
from community.kernel.policy import can


class Section(StrEnum):
    """What the entries are grouped under, in this order."""

    COMMUNITY = "community"
    PEOPLE = "people"
    BRAND = "brand"
    SYSTEM = "system"


HEADINGS = {
    Section.COMMUNITY: _l("Community"),
    Section.PEOPLE: _l("People"),
    Section.BRAND: _l("Brand"),
    Section.SYSTEM: _l("System"),
}


@dataclass(frozen=True)
class AdminPage:
    """One entry: whoever `can` sees it. `count` says how much waits there, if anything does.

    What waits is on the home page too, under `waiting` or else under the label.
    """

    label: str
    endpoint: str
    can: StrEnum
    icon: str
    count: Callable[[], int] | None = None
    is_late: bool = False  # something waiting there is a fault, not just work
    section: Section = Section.COMMUNITY
    waiting: str = ""


def menu(actor) -> list[tuple[str, list[dict]]]:
    """The entries this actor may open, as the layout wants them.

    The present one is that whose address the address of the page begins with; of several,
    the longest.
    """
    pages = [page for page in current_app.extensions["admin_pages"] if can(actor, page.can)]
    addresses = {page.endpoint: url_for(page.endpoint) for page in pages}
    here = [url for url in addresses.values() if _leads_here(url)]
    current = max(here, key=len, default="")
    return [
        (
            HEADINGS[section],
            [
                _entry(page, addresses[page.endpoint], current)
                for page in pages
                if page.section is section
            ],
        )
        for section in Section
        if any(page.section is section for page in pages)
    ]


def _leads_here(url: str) -> bool:
    return request.path == url or request.path.startswith(url.rstrip("/") + "/")


def _entry(page: AdminPage, url: str, current: str) -> dict:
    return {
        "label": page.label,
        "url": url,
        "icon": page.icon,
        "is_current": url == current,
        "count": page.count() if page.count else 0,
        "is_late": page.is_late,
        "waiting": page.waiting or page.label,
    }
