"""Feeds as RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1.

Of the whole brand, or of one thing: `?category=`, `?tag=`, `?thread=` or `?member=`.
"""

from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime

from flask import g, jsonify, render_template, request
from flask_babel import force_locale

from community.brands.queries import canonical_host
from community.feed import queries
from community.feed.queries import Entry
from community.feed.views.blueprint import asked_each_time, blueprint, open_to_guests
from community.kernel.addresses import external
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.threads.queries import page_of


@dataclass(frozen=True)
class Feed:
    """What a feed is about: its entries, the page that shows the same, and its name for ever."""

    title: str
    subtitle: str
    name: str
    page: str
    entries: list[Entry]


@blueprint.get("/feed.rss")
def rss():
    """The newest as RSS 2.0."""
    dated = {"moment": lambda at: format_datetime(at.astimezone(UTC), usegmt=True)}
    body = render_template("feed/rss.xml", **_feed(), **dated)
    return asked_each_time(body, "application/rss+xml")


@blueprint.get("/feed.atom")
def atom():
    """The newest as Atom."""
    return asked_each_time(render_template("feed/atom.xml", **_feed()), "application/atom+xml")


@blueprint.get("/feed.json")
def json():
    """The newest as JSON Feed."""
    feed = _feed()
    response = jsonify(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed["title"],
            "description": feed["subtitle"],
            "home_page_url": feed["page"],
            "feed_url": feed["addresses"]["json"],
            "language": feed["language"],
            "items": [_item(entry, feed) for entry in feed["entries"]],
        }
    )
    return asked_each_time(response, "application/feed+json")


def _item(entry: Entry, feed: dict) -> dict:
    author = {"name": entry.author}
    if entry.author_page:
        author["url"] = feed["author_address"](entry)
    return {
        "id": feed["tag"](entry),
        "url": feed["address"](entry),
        "title": entry.title,
        "content_html": entry.html,
        "date_published": entry.published.isoformat(),
        "date_modified": entry.updated.isoformat(),
        "authors": [author],
        "tags": [entry.category],
    }


# -- What each tells -------------------------------------------------------


def _feed() -> dict:
    """What the three formats tell of the feed asked for, in the brand's language."""
    open_to_guests()
    brand, host = g.brand, canonical_host()
    narrowed = {name: request.args[name] for name in _ABOUT if name in request.args}
    if len(narrowed) > 1:
        raise Missing(_("There is nothing at this address."))
    with force_locale(brand.locale):
        feed = _about(host, narrowed)
    return {
        "title": queries.fit(f"{feed.title} · {brand.name}"),
        "subtitle": queries.fit(feed.subtitle),
        "language": brand.locale.replace("_", "-"),
        "page": feed.page,
        "addresses": {
            kind: external(host, f"feed.{kind}", **narrowed) for kind in ("rss", "atom", "json")
        },
        "id": f"tag:{host},{brand.created_at:%Y-%m-%d}:/{feed.name}",
        "updated": max((entry.updated for entry in feed.entries), default=brand.created_at),
        "entries": feed.entries,
        "address": lambda entry: _address(host, entry),
        "author_address": lambda entry: external(
            host, "members.profile", username=entry.author_page
        ),
        "tag": lambda entry: _tag(host, entry),
    }


def _about(host: str, narrowed: dict[str, str]) -> Feed:
    home = external(host, "threads.home")
    for name, value in narrowed.items():
        return _ABOUT[name](host, home, value)
    return Feed(_("Community"), g.brand.tagline, "", home, queries.newest(home))


def _of_category(host: str, home: str, slug: str) -> Feed:
    of = queries.category(slug)
    page = external(host, "threads.category", slug=of.slug)
    return Feed(of.name, of.description, f"c/{of.id}", page, queries.newest_in(of, home))


def _of_tag(host: str, home: str, slug: str) -> Feed:
    entries = queries.newest_tagged(slug, home)
    title = _("Tag %(tag)s", tag=slug)
    return Feed(title, "", f"tag/{slug}", external(host, "threads.tag", slug=slug), entries)


def _of_thread(host: str, home: str, thread_id: str) -> Feed:
    of = queries.thread(int(thread_id) if thread_id.isascii() and thread_id.isdigit() else 0)
    page = external(host, "threads.show", thread_id=of.id, slug=of.slug)
    return Feed(of.title, of.excerpt, f"t/{of.id}/posts", page, queries.newest_posts(of, home))


def _of_member(host: str, home: str, username: str) -> Feed:
    of = queries.member(username)
    page = external(host, "members.profile", username=of.username)
    return Feed(of.name, of.bio, f"m/{of.id}", page, queries.newest_by(of, home))


_ABOUT = {
    "category": _of_category,
    "tag": _of_tag,
    "thread": _of_thread,
    "member": _of_member,
}


# -- Names and addresses of entries ----------------------------------------


def _address(host: str, entry: Entry) -> str:
    """The page of a thread, or the place of a reply."""
    post, values = entry.post, {"thread_id": entry.post.thread_id, "slug": entry.post.thread.slug}
    if post.is_opening:
        return external(host, "threads.show", **values)
    if (number := page_of(post)) > 1:
        values["page"] = number
    return f"{external(host, 'threads.show', **values)}#post-{post.number}"


def _tag(host: str, entry: Entry) -> str:
    """A name that stays when title, address and text change (RFC 4151)."""
    post, day = entry.post, f"{entry.published:%Y-%m-%d}"
    what = f"t/{post.thread_id}" if post.is_opening else f"p/{post.id}"
    return f"tag:{host},{day}:/{what}"
