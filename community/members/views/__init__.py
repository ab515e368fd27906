"""Signing in, profiles and settings over HTTP."""

from community.members.views import (
    entry,
    links,
    profile,
    proof,
    second_step,
    security,
    settings,
    standing,
    visits,
)
from community.members.views.blueprint import blueprint

__all__ = [
    "blueprint",
    "entry",
    "links",
    "profile",
    "proof",
    "second_step",
    "security",
    "settings",
    "standing",
    "visits",
]
