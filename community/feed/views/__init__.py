"""Feeds, what crawlers ask for, and cards: the same for everyone, only what a stranger may read."""

from community.feed.views import cards, crawlers, feeds
from community.feed.views.blueprint import blueprint

__all__ = ["blueprint", "cards", "crawlers", "feeds"]
