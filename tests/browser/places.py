"""Every page there is, and who looks at it; for the tests of all pages and for the pictures."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A page as one part of `stage.PEOPLE` sees it, or a stranger; words in braces are filled."""

    name: str
    path: str
    part: str | None = None
    status: int = 200

    def __str__(self) -> str:
        return f"{self.part or 'stranger'}-{self.name}"


PLACES = [
    Place("home", "/"),
    Place("home-page-2", "/?page=2"),
    Place("unanswered", "/?sort=unanswered"),
    Place("categories", "/c/"),
    Place("category", "/c/{category}"),
    Place("tag", "/tag/{tag}"),
    Place("thread", "/t/{busy}"),
    Place("thread-page-2", "/t/{busy}?page=2"),
    Place("profile", "/m/{expert}"),
    Place("rules", "/rules"),
    Place("legal", "/legal"),
    Place("appearance", "/appearance"),
    Place("join", "/join"),
    Place("joined", "/join/sent"),
    Place("login", "/login"),
    Place("login-by-mail", "/login/link"),
    Place("login-by-mail-sent", "/login/link?sent=1"),
    Place("forgotten", "/forgotten"),
    Place("second-step", "/login/second-step"),  # nobody waits here, so it leads to signing in
    Place("confirm", "/confirm/{confirm}"),
    Place("confirm-over", "/confirm/none", status=410),
    Place("enter", "/enter/{sign_in}"),
    Place("reset", "/reset/{reset}"),
    Place("change-email", "/email/{change_email}"),
    Place("leave", "/leave/{leave}"),
    Place("unsubscribe", "/unsubscribe/{stop}"),
    Place("mail", "/dev/mail/"),
    Place("letter", "/dev/mail/{letter}"),
    Place("not-found", "/nothing-here", status=404),
    Place("notifications", "/notifications", "member"),  # before the thread: reading settles them
    Place("home", "/", "member"),
    Place("thread", "/t/{thread}", "member"),
    Place("thread-quoting", "/t/{thread}?quote={post}", "member"),
    Place("tombstone", "/t/{thread}", "unconfirmed"),
    Place("new", "/new", "member"),
    Place("edit", "/posts/{opening}/edit", "member"),
    Place("delete", "/posts/{own}/delete", "member"),
    Place("profile", "/m/{member}", "member"),
    Place("no-mentions", "/notifications?only=mentions", "moderator"),
    Place("settings", "/settings", "member"),
    Place("account", "/settings/account", "member"),
    Place("security", "/settings/security", "member"),
    Place("set-up-app", "/settings/security/app", "member"),
    Place("passkey", "/settings/security/passkeys/{passkey}", "member"),
    Place("confirm-it-is-you", "/confirm-it-is-you", "member"),
    Place("preferences", "/settings/preferences", "member"),
    Place("sessions", "/settings/sessions", "member"),
    Place("privacy", "/settings/privacy", "member"),
    Place("not-for-you", "/admin/", "member", status=403),
    Place("rules", "/rules", "suspended"),
    Place("settings", "/settings", "suspended"),
    Place("thread", "/t/{thread}", "moderator"),
    Place("revisions", "/posts/{post}/revisions", "moderator"),
    Place("hide", "/posts/{post}/hide", "moderator"),
    Place("profile", "/m/{suspended}", "moderator"),
    Place("standing", "/m/{suspended}/standing", "moderator"),
    Place("standing", "/m/{member}/standing", "owner"),
    Place("admin", "/admin/", "owner"),
    Place("admin-removed", "/admin/removed", "owner"),
    Place("admin-deliveries", "/admin/deliveries", "owner"),
    Place("admin-discard", "/admin/deliveries/{delivery}/discard", "owner"),
    Place("admin-changes", "/admin/changes", "owner"),
    Place("admin-members", "/admin/members", "owner"),
    Place("admin-members-none", "/admin/members?q=nobody-at-all", "owner"),
    Place("admin-member", "/admin/members/{suspended}", "owner"),
    Place("admin-categories", "/admin/categories", "owner"),
    Place("admin-new-category", "/admin/categories/new", "owner"),
    Place("admin-category", "/admin/categories/{category_id}", "owner"),
    Place("admin-remove-category", "/admin/categories/{category_id}/remove", "owner"),
    Place("admin-tags", "/admin/tags", "owner"),
    Place("admin-tag", "/admin/tags/{tag_id}", "owner"),
    Place("admin-appearance", "/admin/appearance", "owner"),
    Place("admin-settings", "/admin/settings", "owner"),
    Place("admin-hosts", "/admin/settings/hosts", "owner"),
    Place("admin-main-host", "/admin/settings/hosts/{host_id}/main", "owner"),
    Place("admin-sender", "/admin/settings/sender", "owner"),
    Place("admin-features", "/admin/settings/features", "owner"),
    Place("admin-rules", "/admin/settings/rules", "owner"),
    Place("admin-legal", "/admin/settings/legal", "owner"),
]

NO_PAGES = {
    "admin.contrast": "a part of the theme editor, for script",
    "admin.preview_css": "a style sheet",
    "brands.favicon": "leads to the icon",
    "brands.icon": "a picture",
    "brands.theme": "a style sheet",
    "dev_mail.dev_html": "a mail, for the mail program",
    "feed.atom": "a feed",
    "feed.brand_card": "a picture for other sites",
    "feed.json": "a feed",
    "feed.robots": "a text for robots",
    "feed.rss": "a feed",
    "feed.security": "a text for researchers",
    "feed.sitemap": "an index for robots",
    "feed.sitemap_pages": "an index for robots",
    "feed.sitemap_threads": "an index for robots",
    "feed.thread_card": "a picture for other sites",
    "media.show": "a picture",
    "members.suggest": "JSON for the editor",
    "observe.healthz": "a word for the load balancer",
    "observe.metrics": "figures for the monitoring",
    "observe.readyz": "a word for the load balancer",
    "threads.old": "leads to where an imported thread is now",
}
"""Endpoints that answer GET with something nobody looks at."""
