"""The shapes of what is sent."""

from wtforms import HiddenField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from community.kernel.i18n import _l
from community.kernel.web import Form

MODES = {
    "auto": _l("As on this device"),
    "light": _l("Light"),
    "dark": _l("Dark"),
}


class AppearanceForm(Form):
    """How a browser shows the pages; either part may be sent alone."""

    mode = RadioField(
        _l("Appearance"),
        [Optional()],
        choices=[SelectChoice(value, label) for value, label in MODES.items()],
    )
    language = RadioField(_l("Language"), [Optional()])
    next = HiddenField()
