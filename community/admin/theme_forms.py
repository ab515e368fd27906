"""The twelve inputs of a theme as a form, and a look that was asked for in an address."""

from collections.abc import Mapping

from wtforms import DecimalRangeField, FileField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.fields.simple import BooleanField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from community.brands import colour
from community.kernel.i18n import _l
from community.kernel.web import Form

_A_COLOUR = Regexp(r"#[0-9a-fA-F]{6}$", message=_l("Write a colour like #8f3a52."))
_CHOOSE = [InputRequired(_l("Choose one."))]

_FAMILIES = [
    SelectChoice(name, name, render_kw={"data-value": family})
    for name, (family, _file) in colour.FONTS.items()
]
SWATCHES = (
    *("#8f3a52", "#c8f04b", "#0a7cff", "#e8590c", "#0b7a6b", "#6d3bd1", "#ffd400", "#1a1d21"),
)
"""Colours to begin with."""


def _one_of(choices: Mapping[str, str], label) -> RadioField:
    options = [SelectChoice(value, name) for value, name in choices.items()]
    return RadioField(label, _CHOOSE, choices=options)


class ThemeForm(Form):
    """What a brand looks like. Numbers have the units of `colour.checked`."""

    brand = StringField(
        _l("Brand colour"), [DataRequired(_l("Choose a colour.")), _A_COLOUR, Length(max=7)]
    )
    text = _one_of(
        {"auto": _l("Automatic"), "white": _l("White"), "dark": _l("Dark")},
        _l("Text on the brand colour"),
    )
    tint = StringField(_l("Temperature of the greys"), [Optional(), _A_COLOUR])
    radius = DecimalRangeField(_l("Corners"), [InputRequired()])
    pill = _one_of({"0.3": _l("Follow corners"), "99": _l("Pills")}, _l("Buttons"))
    font_head = _one_of({name: name for name in colour.FONTS}, _l("Headings"))
    font_body = SelectField(_l("Text"), _CHOOSE, choices=_FAMILIES)
    font_meta = SelectField(_l("Small print"), _CHOOSE, choices=_FAMILIES)
    head_weight = DecimalRangeField(_l("Weight of headings"), [InputRequired()])
    head_track = DecimalRangeField(_l("Spacing of headings"), [InputRequired()])
    density = _one_of(
        {"0.85": _l("Compact"), "1": _l("Comfortable"), "1.15": _l("Airy")}, _l("Density")
    )
    edge = _one_of({"0": _l("Soft"), "1": _l("Outlined")}, _l("Cards"))
    logo_h = DecimalRangeField(_l("Height of the logo"), [InputRequired()])
    logo = FileField(_l("Logo, as an SVG drawing"))
    drops_logo = BooleanField(_l("Show the name alone"))

    @classmethod
    def of(cls, theme: Mapping[str, object]) -> "ThemeForm":
        """The form as it stands for a theme, before anything is sent."""
        inputs = colour.checked(theme)
        pill = "99" if inputs["pill"] > 2 else "0.3"
        shown = {name: f"{inputs[name]:g}" for name in ("density", "edge")}
        tint = "" if inputs["tint"] == inputs["brand"] else inputs["tint"]
        return cls(data=inputs | shown | {"pill": pill, "tint": tint, "text": "auto"})

    def inputs(self, present: Mapping[str, object]) -> dict[str, object]:
        """The theme that was asked for; the text colour has become part of the brand colour.

        A button's radius that is neither of the two we offer stays as it is in `present`.
        """
        given = {name: self[name].data for name in colour.DEFAULTS if name in self._fields}
        fill, _text = colour.brand_solid(given["brand"], self.text.data)
        kept = colour.checked(present)["pill"]
        follows = given["pill"] == "0.3" and kept <= 2
        return given | {
            "brand": fill,
            "tint": given["tint"] or None,
            "pill": kept if follows else given["pill"],
        }


def theme_in(arguments: Mapping[str, str]) -> dict[str, object]:
    """The theme an address asks for, checked; ValueError when it is none.

    What it leaves out has its default.
    """
    given = {name: arguments[name] for name in colour.DEFAULTS if arguments.get(name)}
    if given.get("brand"):
        given["brand"] = colour.brand_solid(given["brand"], arguments.get("text", "auto"))[0]
    return colour.checked(given)
