"""The blueprint that all views of the feed register with, and how they answer."""

from flask import Blueprint, g, make_response, request

from community.kernel.errors import Missing
from community.kernel.i18n import _

blueprint = Blueprint("feed", __name__)


def open_to_guests() -> None:
    """Raise Missing where strangers may not read."""
    if not g.brand.features["guest_reading"]:
        raise Missing(_("There is nothing at this address."))


def asked_each_time(body, mimetype: str):
    """Kept by caches, and asked about each time: what is hidden disappears at once.

    By its content, not by a date: what is taken away leaves the newest date as it was.
    """
    response = make_response(body)
    response.mimetype = mimetype
    response.headers["Cache-Control"] = "public, no-cache"
    response.add_etag()
    return response.make_conditional(request)
