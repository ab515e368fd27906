"""The brand's settings: what it is called, where it is, who is behind it, what it allows."""

from flask import current_app, g, url_for

from community.admin.forms import (
    SWITCHES,
    FeaturesForm,
    HostForm,
    IdentityForm,
    LegalForm,
    RulesForm,
    SenderForm,
)
from community.admin.views.blueprint import blueprint
from community.brands import hosts as addresses
from community.brands import service as brands
from community.brands.models import FEATURES
from community.kernel import text, web
from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.members.views.proof import fresh
from community.permissions import Can

CHANGES_PER_MEMBER = "60/hour"


@blueprint.route("/settings", methods=["GET", "POST"])
@web.limited("brand", per_member=CHANGES_PER_MEMBER)
def identity():
    """Names, language, clock, and the links in the footer."""
    require(web.actor(), Can.EDIT_BRAND)
    brand = g.brand
    form = IdentityForm(data={**_facts("name", "headline", "tagline", "locale", "time_zone"),
                              "links": _as_lines(brand.links)})  # fmt: skip
    return _saved(
        "admin/identity.html",
        form,
        lambda: {
            **{name: form[name].data or "" for name in ("name", "headline", "tagline")},
            "locale": form.locale.data,
            "time_zone": form.time_zone.data,
            "links": _links(form.links.data or ""),
        },
    )


def _facts(*names: str) -> dict:
    return {name: getattr(g.brand, name) for name in names}


def _as_lines(links: list[dict]) -> str:
    return "\n".join(f"{link['label']}: {link['url']}" for link in links)


def _links(lines: str) -> list[dict]:
    """One link a line, its label before the first colon."""
    parts = (line.partition(":") for line in lines.splitlines() if line.strip())
    return [{"label": label.strip(), "url": url.strip()} for label, _colon, url in parts]


@blueprint.route("/settings/sender", methods=["GET", "POST"])
@web.limited("brand", per_member=CHANGES_PER_MEMBER)
def sender():
    """Whom mails come from, and where answers to them go."""
    require(web.actor(), Can.EDIT_BRAND)
    form = SenderForm(data=_facts("mail_name", "mail_address"))
    return _saved(
        "admin/sender.html",
        form,
        lambda: {
            "mail_name": form.mail_name.data or "",
            "mail_address": form.mail_address.data or "",
        },
    )


@blueprint.route("/settings/features", methods=["GET", "POST"])
@web.limited("brand", per_member=CHANGES_PER_MEMBER)
def features():
    """What the community allows."""
    require(web.actor(), Can.EDIT_BRAND)
    form = FeaturesForm(data={name: g.brand.features[name] for name in FEATURES})
    return _saved(
        "admin/features.html",
        form,
        lambda: {"features": form.facts()},
        switches={name: SWITCHES.get(name, (name, ""))[1] for name in FEATURES},
    )


@blueprint.route("/settings/rules", methods=["GET", "POST"])
@web.limited("brand", per_member=CHANGES_PER_MEMBER)
def rules():
    """The rules everyone is asked to keep; ours when the brand wrote none."""
    require(web.actor(), Can.EDIT_BRAND)
    return _saved(
        "admin/rules.html",
        form := RulesForm(data=_facts("rules")),
        lambda: {"rules": form.rules.data or ""},
    )


@blueprint.post("/settings/rules/preview")
def rules_preview():
    """The rules as they will be read; with script into the page, without it as a page."""
    require(web.actor(), Can.EDIT_BRAND)
    form = RulesForm()
    html = text.render(form.rules.data or "")
    if web.is_fragment():
        return web.page("admin/_preview.html", html=html)
    return _rules_with(form, html)


def _rules_with(form: RulesForm, html):
    return web.page("admin/rules.html", form=form, preview=html)


@blueprint.route("/settings/legal", methods=["GET", "POST"])
@web.limited("brand", per_member=CHANGES_PER_MEMBER)
def legal():
    """Who is behind the community."""
    require(web.actor(), Can.EDIT_BRAND)
    form = LegalForm(data=g.brand.legal)
    return _saved("admin/legal.html", form, lambda: {"legal": form.facts()})


def _saved(template: str, form: web.Form, facts, **context):
    """The page of a form; what it says is saved when it may be."""
    if form.validate_on_submit():
        try:
            brands.update_brand(web.actor(), **facts())
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(_here(template), _("Saved."))
    return web.form_page(template, form, **context)


def _here(template: str) -> str:
    return url_for(f".{template.removeprefix('admin/').removesuffix('.html')}")


# -- Addresses -------------------------------------------------------------


@blueprint.route("/settings/hosts", methods=["GET", "POST"])
@web.limited("brand", per_member=CHANGES_PER_MEMBER)
def hosts():
    """Every address of the community, and a form for one more."""
    require(web.actor(), Can.EDIT_BRAND)
    form = HostForm()
    if form.validate_on_submit():
        try:
            addresses.add_host(web.actor(), form.host.data)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return web.done(url_for(".hosts"), _("The address opens your community now."))
    return web.form_page("admin/hosts.html", form, hosts=addresses.hosts())


@blueprint.route("/settings/hosts/<int:host_id>/main", methods=["GET", "POST"])
@fresh
def main_host(host_id: int):
    """Make another address the main one, after saying what that means."""
    require(web.actor(), Can.EDIT_BRAND)
    host, form = addresses.host_or_missing(host_id), web.Form()
    if form.validate_on_submit():
        addresses.make_canonical(web.actor(), host)
        return web.done(url_for(".hosts"), _("Your community is known by its new address."))
    suffix = current_app.config["COMMUNITY"].port_suffix
    return web.form_page("admin/main_host.html", form, host=host, port_suffix=suffix)


@blueprint.post("/settings/hosts/<int:host_id>/remove")
@fresh
def remove_host(host_id: int):
    host = addresses.host_or_missing(host_id)
    addresses.remove_host(web.actor(), host)
    return web.done(url_for(".hosts"), _("%(host)s opens nothing any more.", host=host.host))
