"""The theme editor, with a live preview and proof that everything can be read."""

from flask import g, request, url_for

from community.admin import service
from community.admin.forms import HeroForm
from community.admin.theme_forms import SWATCHES, ThemeForm, theme_in
from community.admin.views.blueprint import blueprint
from community.brands import colour
from community.brands import service as brands
from community.kernel import text, web
from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.permissions import Can

CHANGES_PER_MEMBER = "120/hour"


@blueprint.route("/appearance", methods=["GET", "POST"])
@web.limited("brand", per_member=CHANGES_PER_MEMBER)
def appearance():
    """The twelve inputs beside what they make of a page; "preview" shows without saving."""
    actor = web.actor()
    require(actor, Can.EDIT_BRAND)
    present = g.brand.theme_inputs or {}
    form = ThemeForm() if request.method == "POST" else ThemeForm.of(present)
    wanted = colour.checked(present)
    if form.validate_on_submit():
        try:
            wanted = colour.checked(form.inputs(present))
        except ValueError as error:
            form.refuse(_refusal(error))
        else:
            if "preview" not in request.form and _save(actor, form, wanted):
                return web.done(url_for(".appearance"), _("Everyone sees the new look."))
    return _editor(wanted, form, _hero_form())


def _editor(wanted: dict, form: ThemeForm, hero_form: HeroForm):
    """The page of the editor: 422 when either of its forms was refused."""
    return web.page(
        "admin/appearance.html",
        status=422 if form.errors or hero_form.errors else 200,
        form=form,
        hero_form=hero_form,
        pairs=colour.pairs(wanted),
        wanted=wanted,
        is_changed=wanted["brand"] != (form.brand.data or "").lower(),
        swatches=SWATCHES,
        families={name: family for name, (family, _file) in colour.FONTS.items()},
    )


def _hero_form() -> HeroForm:
    return HeroForm(formdata=None, data={"alt": g.brand.hero_alt})


def _refusal(error: ValueError) -> Invalid:
    """What the colour module says in its own words, beside the field it names."""
    field = str(error).partition(":")[0]
    return Invalid(_("This value is not possible."), field=field)


def _save(actor, form: ThemeForm, wanted: dict) -> bool:
    facts: dict = {"theme": wanted}
    try:
        if form.drops_logo.data:
            facts["logo_svg"] = ""
        elif form.logo.data and form.logo.data.filename:
            facts["logo_svg"] = _drawing(form.logo.data.read())
        brands.update_brand(actor, **facts)
    except Invalid as refusal:
        form.refuse(Invalid(str(refusal), field=refusal.field or "logo"))
        return False
    return True


def _drawing(data: bytes) -> str:
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(_("This file is not an SVG drawing."), field="logo") from None
    text.svg(source)
    return source


@blueprint.get("/appearance/preview.css")
def preview_css():
    """The custom properties of the look in the address, for the preview alone."""
    require(web.actor(), Can.EDIT_BRAND)
    try:
        declarations = colour.properties(theme_in(request.args))
    except ValueError as error:
        raise Invalid(_("This is not a look we can show.")) from error
    css = f".in-look{{{declarations}}}\n"
    return css, {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "private, no-store"}


@blueprint.get("/appearance/contrast")
def contrast():
    """The table of contrasts for the look in the address, for script."""
    require(web.actor(), Can.EDIT_BRAND)
    try:
        wanted = theme_in(request.args)
    except ValueError as error:
        raise Invalid(_("This is not a look we can show.")) from error
    asked = request.args.get("brand", "").lower()
    return web.page(
        "admin/_contrast.html",
        pairs=colour.pairs(wanted),
        wanted=wanted,
        is_changed=bool(asked) and wanted["brand"] != asked,
    )


@blueprint.post("/appearance/hero")
@web.limited("brand", per_member=CHANGES_PER_MEMBER)
def hero():
    """The picture at the top of the home page, and what it shows in words."""
    actor = web.actor()
    require(actor, Can.EDIT_BRAND)
    form = HeroForm()
    if form.validate_on_submit():
        sent = form.picture.data.read() if form.picture.data else b""
        data = b"" if form.drops_picture.data else sent or None
        try:
            service.set_hero(actor, data, alt=form.alt.data or "")
        except Invalid as refusal:
            field = {"hero_alt": "alt"}.get(refusal.field, "picture")
            form.refuse(Invalid(str(refusal), field=field))
        else:
            return web.done(url_for(".appearance", _anchor="hero"), _("Saved."))
    present = g.brand.theme_inputs or {}
    theme_form = ThemeForm(formdata=None, data=ThemeForm.of(present).data)
    return _editor(colour.checked(present), theme_form, form)
