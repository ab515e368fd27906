"""Feeds, sitemaps and robots.txt: the same for everyone, and only what a stranger may read."""

from datetime import timedelta

from flask import Blueprint, g, jsonify, make_response, render_template, request
from flask_babel import force_locale

from community.brands.queries import canonical_host
from community.feed import queries
from community.kernel.addresses import external
from community.kernel.db import now
from community.kernel.errors import Missing
from community.kernel.i18n import _

blueprint = Blueprint("feed", __name__)

SECURITY_TXT_LASTS = timedelta(days=180)
NOT_FOR_CRAWLERS = (
    "/admin/",
    "/appearance",
    "/dev/",
    "/join",
    "/login",
    "/new",
    "/notifications",
    "/posts/",
    "/preview",
    "/report/",
    "/settings",
    "/unsubscribe/",
)


@blueprint.get("/feed.atom")
def atom():
    """The newest threads as Atom (RFC 4287); `?category=` narrows it down."""
    return _answer(render_template("feed/atom.xml", **_feed()), "application/atom+xml")


@blueprint.get("/feed.json")
def json():
    """The newest threads as JSON Feed 1.1."""
    feed = _feed()
    response = jsonify(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed["title"],
            "home_page_url": feed["page"],
            "feed_url": feed["json_address"],
            "language": feed["language"],
            "items": [
                {
                    "id": feed["tag"](entry),
                    "url": feed["address"](entry),
                    "title": entry.title,
                    "content_html": entry.html,
                    "date_published": entry.published.isoformat(),
                    "date_modified": entry.updated.isoformat(),
                    "authors": [{"name": entry.author}],
                    "tags": [entry.category],
                }
                for entry in feed["entries"]
            ],
        }
    )
    return _answer(response, "application/feed+json")


def _feed() -> dict:
    _open_to_guests()
    brand, host = g.brand, canonical_host()
    slug = request.args.get("category")
    of = queries.category(slug) if slug else None
    home = external(host, "threads.home")
    found = queries.entries(home, of=of)
    narrowed = {"category": slug} if slug else {}
    with force_locale(brand.locale):
        place = of.name if of else _("Community")
    return {
        "title": queries.fit(f"{place} · {brand.name}"),
        "subtitle": queries.fit(of.description if of else brand.tagline),
        "language": brand.locale.replace("_", "-"),
        "page": external(host, "threads.category", slug=slug) if of else home,
        "atom_address": external(host, "feed.atom", **narrowed),
        "json_address": external(host, "feed.json", **narrowed),
        "id": f"tag:{host},{brand.created_at:%Y-%m-%d}:/" + (f"c/{of.id}" if of else ""),
        "updated": max((entry.updated for entry in found), default=brand.created_at),
        "entries": found,
        "address": lambda entry: external(
            host, "threads.show", thread_id=entry.thread.id, slug=entry.thread.slug
        ),
        "tag": lambda entry: f"tag:{host},{entry.published:%Y-%m-%d}:/t/{entry.thread.id}",
    }


# -- For crawlers ----------------------------------------------------------


@blueprint.get("/sitemap.xml")
def sitemap():
    """Where the parts of the sitemap are."""
    _open_to_guests()
    host = canonical_host()
    parts = [external(host, "feed.sitemap_pages")]
    parts += [
        external(host, "feed.sitemap_threads", number=number + 1)
        for number in range(queries.sitemaps())
    ]
    return _answer(render_template("feed/sitemap.xml", parts=parts), "application/xml")


@blueprint.get("/sitemap-pages.xml")
def sitemap_pages():
    """The home page and the categories."""
    _open_to_guests()
    host = canonical_host()
    pages = [external(host, "threads.home"), external(host, "threads.categories")]
    pages += [external(host, "threads.category", slug=c.slug) for c in queries.categories()]
    return _answer(render_template("feed/sitemap_pages.xml", pages=pages), "application/xml")


@blueprint.get("/sitemap-<int:number>.xml")
def sitemap_threads(number):
    """One part of the threads, with the moment of the last reply."""
    _open_to_guests()
    found = queries.threads_of_sitemap(number) if number else []
    if not found:
        raise Missing(_("There is no such page."))
    host = canonical_host()
    threads = [
        (external(host, "threads.show", thread_id=thread_id, slug=slug), last_post_at)
        for thread_id, slug, last_post_at in found
    ]
    return _answer(render_template("feed/sitemap_threads.xml", threads=threads), "application/xml")


@blueprint.get("/robots.txt")
def robots():
    """What crawlers leave alone; everything, when strangers may not read."""
    if g.brand.features["guest_reading"]:
        rules = [f"Disallow: {path}" for path in NOT_FOR_CRAWLERS]
        rules += ["", f"Sitemap: {external(canonical_host(), 'feed.sitemap')}"]
    else:
        rules = ["Disallow: /"]
    return _answer("\n".join(["User-agent: *", *rules, ""]), "text/plain")


@blueprint.get("/.well-known/security.txt")
def security():
    """Whom to tell of a security hole (RFC 9116)."""
    contact = g.brand.legal["contact"]
    if "@" not in contact or any(c.isspace() for c in contact):
        raise Missing(_("There is nothing at this address."))
    host = canonical_host()
    lines = [
        f"Contact: mailto:{contact}",
        f"Expires: {now() + SECURITY_TXT_LASTS:%Y-%m-%dT00:00:00Z}",
        f"Preferred-Languages: {g.brand.locale.partition('_')[0]}, en",
        f"Canonical: {external(host, 'feed.security')}",
    ]
    return _answer("\n".join([*lines, ""]), "text/plain")


def _open_to_guests() -> None:
    if not g.brand.features["guest_reading"]:
        raise Missing(_("There is nothing at this address."))


def _answer(body, mimetype: str):
    """Kept by caches, and asked about each time: what is hidden disappears at once."""
    response = make_response(body)
    response.mimetype = mimetype
    response.headers["Cache-Control"] = "public, no-cache"
    response.add_etag()
    return response.make_conditional(request)
