"""What crawlers ask for: sitemaps, robots.txt, security.txt."""

from datetime import timedelta

from flask import g, render_template

from community.brands.queries import canonical_host
from community.feed import sitemaps
from community.feed.views.blueprint import asked_each_time, blueprint, open_to_guests
from community.kernel.addresses import external
from community.kernel.db import now
from community.kernel.errors import Missing
from community.kernel.i18n import _

SECURITY_TXT_LASTS = timedelta(days=180)
NOT_FOR_CRAWLERS = (
    "/admin/",
    "/appearance",
    "/confirm",
    "/dev/",
    "/drafts",
    "/email/",
    "/enter/",
    "/forgotten",
    "/join",
    "/leave/",
    "/login",
    "/messages",
    "/new",
    "/notifications",
    "/posts/",
    "/preview",
    "/report/",
    "/reset/",
    "/search",
    "/settings",
    "/unsubscribe/",
)


@blueprint.get("/sitemap.xml")
def sitemap():
    """Where the parts of the sitemap are, each with the moment of its last change."""
    open_to_guests()
    host, threads = canonical_host(), sitemaps.parts()
    newest = max((part.changed_at for part in threads), default=None)
    parts = [(external(host, "feed.sitemap_pages"), newest)]
    parts += [
        (external(host, "feed.sitemap_threads", after=part.after), part.changed_at)
        for part in threads
    ]
    return asked_each_time(render_template("feed/sitemap.xml", parts=parts), "application/xml")


@blueprint.get("/sitemap-pages.xml")
def sitemap_pages():
    """The home page and the categories, with the moment of the last post in each."""
    open_to_guests()
    host, places = canonical_host(), sitemaps.places()
    newest = max((at for _slug, at in places if at), default=None)
    pages = [(external(host, "threads.home"), newest), (external(host, "threads.categories"), None)]
    pages += [(external(host, "threads.category", slug=slug), at) for slug, at in places]
    return asked_each_time(
        render_template("feed/sitemap_pages.xml", pages=pages), "application/xml"
    )


@blueprint.get("/sitemap-<int:after>.xml")
def sitemap_threads(after):
    """The threads that follow the one with this id, with the moment of the last change."""
    open_to_guests()
    found = sitemaps.threads_after(after)
    if not found:
        raise Missing(_("There is no such page."))
    host = canonical_host()
    threads = [
        (external(host, "threads.show", thread_id=one.id, slug=one.slug), one.changed_at)
        for one in found
    ]
    return asked_each_time(
        render_template("feed/sitemap_threads.xml", threads=threads), "application/xml"
    )


@blueprint.get("/robots.txt")
def robots():
    """What crawlers leave alone; everything, when strangers may not read."""
    if g.brand.features["guest_reading"]:
        rules = [f"Disallow: {path}" for path in NOT_FOR_CRAWLERS]
        rules += ["", f"Sitemap: {external(canonical_host(), 'feed.sitemap')}"]
    else:
        rules = ["Disallow: /"]
    return asked_each_time("\n".join(["User-agent: *", *rules, ""]), "text/plain")


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
    return asked_each_time("\n".join([*lines, ""]), "text/plain")
