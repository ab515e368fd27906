"""Forms made of the fields of a category, and the form of a field itself."""

from collections.abc import Iterable, Mapping

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, ValidationError

from community.kernel.errors import Invalid
from community.kernel.i18n import _, _l
from community.kernel.web import Form
from community.threads.field_setup import HELP_MAX, LABEL_MAX
from community.threads.fields import LENGTHS, Field, FieldKind, checked_value, name_of

_DATE = {"type": "date"}


class _AsTheFieldSays:
    """A validator: what the service would refuse is told beside the field already."""

    def __init__(self, field: Field):
        self._field = field
        self.field_flags = {"required": True} if field.is_required and field.is_asked else {}

    def __call__(self, _form, given) -> None:
        try:
            checked_value(self._field, given.data)
        except Invalid as refusal:
            raise ValidationError(str(refusal)) from None


def asking(base: type[Form], fields: Iterable[Field]) -> type[Form]:
    """Return a form like `base` that also asks these fields, under `fields.name_of`."""
    members = {name_of(field): _control(field) for field in fields}
    return type(base.__name__, (base,), members) if members else base


def _control(field: Field):
    checks = [_AsTheFieldSays(field)]
    if field.options:
        choices = [SelectChoice("", _("Choose"))]
        choices += [SelectChoice(option, option) for option in field.options]
        return SelectField(field.label, checks, choices=choices, validate_choice=False)
    if field.kind is FieldKind.DATE:
        return StringField(field.label, checks, render_kw=_DATE)
    longest = LENGTHS.get(field.kind.value)
    return StringField(field.label, checks, render_kw={"maxlength": longest, "autocomplete": "off"})


def given_in(form: Form, fields: Iterable[Field]) -> dict[int, str]:
    """Return what was typed for the fields, by id, as the service takes it."""
    return {field.id: form[name_of(field)].data or "" for field in fields}


def present(answers: Mapping[Field, str]) -> dict[str, str]:
    """Return answers as data of a form."""
    return {name_of(field): value for field, value in answers.items()}


class FactsForm(Form):
    """The answers of a thread; its fields are added by `asking`."""


class FieldForm(Form):
    """A field of a category, as managers change it."""

    label = StringField(
        _l("Question or label"),
        [
            DataRequired(_l("Say what is asked.")),
            Length(2, LABEL_MAX, _l("Use %(min)d to %(max)d characters.")),
        ],
    )
    help = StringField(
        _l("Help below it"),
        [Length(max=HELP_MAX, message=_l("Use %(max)d characters at most."))],
    )
    options = TextAreaField(_l("Answers to choose from, one a line"))
    is_required = BooleanField(_l("Nobody starts a thread here without it"))
    is_staff_only = BooleanField(_l("Only the author and the team see the answer"))
    is_asked = BooleanField(_l("Ask it in new threads"), default=True)

    def values(self) -> dict:
        """What the service takes."""
        return {
            "label": self.label.data,
            "help": self.help.data or "",
            "options": (self.options.data or "").splitlines(),
            "is_required": self.is_required.data,
            "is_staff_only": self.is_staff_only.data,
            "is_asked": self.is_asked.data,
        }


class NewFieldForm(FieldForm):
    """A field that is added; what kind it is does not change later."""

    kind = RadioField(
        _l("What kind of answer"),
        choices=[
            SelectChoice(FieldKind.TEXT.value, _l("Text")),
            SelectChoice(FieldKind.CHOICE.value, _l("Choice")),
            SelectChoice(FieldKind.PRODUCT.value, _l("Product")),
            SelectChoice(FieldKind.VERSION.value, _l("Version")),
            SelectChoice(FieldKind.ORDER_NUMBER.value, _l("Order number")),
            SelectChoice(FieldKind.DATE.value, _l("Date")),
        ],
        default=FieldKind.TEXT.value,
    )
