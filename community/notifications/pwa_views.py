"""What lets a phone keep the community beside its other apps, under the brand's name."""

import json

from flask import Blueprint, g, url_for

from community.brands.colour import brand_solid, checked
from community.kernel.errors import Missing
from community.kernel.i18n import _

blueprint = Blueprint("pwa", __name__)


@blueprint.get("/manifest.webmanifest")
def manifest():
    """The brand's name, colour and icon (W3C Web Application Manifest)."""
    if g.get("brand") is None:
        raise Missing(_("There is nothing at this address."))
    colour = brand_solid(checked(g.brand.theme_inputs or {})["brand"])[0]
    icon = {"src": url_for("brands.favicon"), "type": "image/svg+xml", "sizes": "any"}
    told = {
        "id": "/",
        "name": g.brand.name,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": colour,
        "icons": [icon],
    }
    return json.dumps(told, ensure_ascii=False), {
        "Content-Type": "application/manifest+json; charset=utf-8",
        "Cache-Control": "public, max-age=3600",
    }
