"""The mail of a demo, kept in a folder instead of sent: `/dev/mail`.

There only where the operator asked for it, and only the mail of the brand at hand.
"""

from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as modern
from pathlib import Path

from flask import Blueprint, current_app, g, make_response

from community.kernel import web
from community.kernel.errors import Missing
from community.kernel.i18n import _
from community.notifications import post

blueprint = Blueprint("dev_mail", __name__, url_prefix="/dev/mail")

NEWEST = 100


@blueprint.get("/")
def dev_mail():
    """The newest mails of this brand, as they would have arrived."""
    letters = [(path.stem, _parsed(path)) for path in _kept()[:NEWEST]]
    return web.page("notifications/dev_mail.html", letters=letters)


@blueprint.get("/<name>")
def dev_letter(name):
    """One mail: its headers, its text, and its HTML in a frame of its own."""
    letter = _letter(name)
    response = make_response(
        web.page(
            "notifications/dev_letter.html",
            name=name,
            letter=letter,
            text=letter.get_body(("plain",)).get_content(),
        )
    )
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " font-src 'self'; form-action 'self'; frame-src 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    return response


@blueprint.get("/<name>/html")
def dev_html(name):
    """The HTML of a mail alone, where it can do no more than in a mail program."""
    html = _letter(name).get_body(("html",)).get_content()
    response = make_response(html.replace("<head>", '<head><base target="_top">', 1))
    response.headers["Content-Security-Policy"] = (
        "sandbox allow-popups allow-top-navigation-by-user-activation; default-src 'none';"
        " style-src 'unsafe-inline'; img-src 'self' https: data:; frame-ancestors 'self'"
    )
    return response


def _kept() -> list[Path]:
    settings = current_app.config["COMMUNITY"]
    if not settings.dev_mail or not settings.mail_url.startswith("file:"):
        raise Missing(_("There is nothing at this address."))
    return post.kept(settings.mail_url, g.brand.slug)


def _letter(name: str) -> EmailMessage:
    found = next((path for path in _kept() if path.stem == name), None)
    if found is None:
        raise Missing(_("There is no such mail."))
    return _parsed(found)


def _parsed(path: Path) -> EmailMessage:
    return BytesParser(policy=modern).parsebytes(path.read_bytes())
