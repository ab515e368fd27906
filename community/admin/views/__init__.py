"""The back office over HTTP."""

from community.admin.views import (
    appearance,
    categories,
    deliveries,
    gaps,
    home,
    members,
    settings,
    tags,
)
from community.admin.views.blueprint import blueprint

__all__ = [
    "appearance",
    "blueprint",
    "categories",
    "deliveries",
    "gaps",
    "home",
    "members",
    "settings",
    "tags",
]
