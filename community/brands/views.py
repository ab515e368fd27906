"""The brand's own pages and its style sheet."""

import json
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, redirect, request, url_for
from wtforms.fields.choices import SelectChoice

from community.brands.colour import theme_css
from community.brands.forms import MODES, AppearanceForm
from community.brands.icon import drawing
from community.kernel import text, web
from community.kernel.errors import Missing
from community.kernel.i18n import LOCALES, Locale, _, get_locale

blueprint = Blueprint("brands", __name__)

RULES = Path(__file__).parent / "rules"
AN_HOUR_S = 3600
A_YEAR_S = 365 * 24 * AN_HOUR_S
FOREVER = f"public, max-age={A_YEAR_S}, immutable"


# -- Style -----------------------------------------------------------------


@blueprint.app_context_processor
def _addresses() -> dict:
    """Where the brand's style sheet and icon are: names that change with what they hold."""
    if g.get("brand") is None:
        return {"theme_url": None, "icon_url": None}
    return {
        "theme_url": url_for("brands.theme", name=_present_sheet()[1]),
        "icon_url": url_for("brands.icon", name=_present_icon()[1]),
    }


def _present_sheet() -> tuple[str, str]:
    """The brand's style sheet, and its name."""
    return _sheet(_inputs())


def _present_icon() -> tuple[str, str]:
    return _icon(_inputs(), g.brand.logo_svg, g.brand.name)


def _inputs() -> str:
    return json.dumps(g.brand.theme_inputs or {}, sort_keys=True)


@lru_cache(maxsize=256)
def _sheet(inputs: str) -> tuple[str, str]:
    css = theme_css(json.loads(inputs))
    return css, web.fingerprint(css)


@lru_cache(maxsize=256)
def _icon(inputs: str, logo: str, name: str) -> tuple[str, str]:
    svg = drawing(json.loads(inputs), text.svg(logo) if logo else "", name)
    return svg, web.fingerprint(svg)


@blueprint.get("/theme-<name>.css")
def theme(name):
    """The brand's style sheet; an old name is gone, so that no cache keeps a mixture."""
    css, present = _present_sheet()
    if name != present:
        raise Missing(_("There is nothing at this address."))
    return css, {"Content-Type": "text/css; charset=utf-8", "Cache-Control": FOREVER}


@blueprint.get("/icon-<name>.svg")
def icon(name):
    """The brand's icon; looked at by itself, it is a document that can do nothing."""
    svg, present = _present_icon()
    if name != present:
        raise Missing(_("There is nothing at this address."))
    return svg, {
        "Content-Type": "image/svg+xml; charset=utf-8",
        "Cache-Control": FOREVER,
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


@blueprint.get("/favicon.ico")
def favicon():
    """What browsers ask for where no page has named the icon."""
    response = redirect(url_for(".icon", name=_present_icon()[1]), 302)
    response.headers["Cache-Control"] = f"public, max-age={AN_HOUR_S}"
    return response


# -- Pages -----------------------------------------------------------------


@blueprint.get("/rules")
def rules():
    """What is asked of everyone here."""
    return web.page("brands/rules.html", rules=text.render(g.brand.rules or _our_rules()))


def _our_rules() -> str:
    """The rules of a brand that wrote none, in the reader's language."""
    own = RULES / f"{get_locale().language}.md"
    source = own if own.exists() else RULES / "en.md"
    return source.read_text().replace("{brand}", g.brand.name)


@blueprint.get("/legal")
def legal():
    """Who is behind the community, and how to reach them (Art. 6 III LCEN, Art. 11-12 DSA)."""
    privacy = g.brand.legal["privacy"]
    return web.page("brands/legal.html", privacy=text.render(privacy) if privacy else "")


@blueprint.route("/appearance", methods=["GET", "POST"])
def appearance():
    """Light or dark, and the language, of this browser."""
    wanted = request.args.get("mode")
    mode = wanted if wanted in MODES else _mode()
    form = AppearanceForm(data={"mode": mode, "language": str(get_locale())})
    form.language.choices = [SelectChoice(*language) for language in languages()]
    form.next.data = form.next.data or web.local_path(request.args.get("next"), "")
    if not form.validate_on_submit():
        return web.form_page("brands/appearance.html", form)
    back = web.local_path(form.next.data, "") or _page_before()
    response = current_app.make_response(web.done(back or url_for(".appearance")))
    for name, field in (("mode", form.mode), ("language", form.language)):
        if field.raw_data:
            _remember(response, name, field.data)
    return response


def _mode() -> str:
    chosen = request.cookies.get("mode")
    return chosen if chosen in MODES else "auto"


def languages() -> list[tuple[str, str]]:
    """The languages we speak, each in its own words."""
    return [(tag, Locale.parse(tag).get_display_name(tag).capitalize()) for tag in LOCALES]


def _page_before() -> str:
    """The page of this site from which the form was sent, or nothing."""
    before = urlsplit(request.referrer or "")
    if before.netloc != request.host:
        return ""
    return web.local_path(before.path + (f"?{before.query}" if before.query else ""), "")


def _remember(response, name: str, value: str) -> None:
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(name, value, max_age=A_YEAR_S, httponly=True, samesite="Lax", secure=secure)
