"""What is sent when a member shows who they are, and sets up how."""

from typing import ClassVar

from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, Length

from community.kernel.i18n import _l
from community.kernel.web import Form
from community.members.passkeys import NAME_LENGTH

_CODE = [DataRequired(_l("Enter the code.")), Length(max=40)]
_CREDENTIAL = [DataRequired(_l("This needs a browser that knows passkeys.")), Length(max=20_000)]
_NAME = [DataRequired(_l("Give it a name.")), Length(max=NAME_LENGTH * 2)]


class _Expected:
    """Marks a field as not optional; which of several is filled in, the view looks at."""

    field_flags: ClassVar[dict] = {"required": True}

    def __call__(self, _form, _field):
        """Accept everything."""


class CodeForm(Form):
    """A code of an app, or one for the day the phone is lost."""

    code = StringField(_l("Code"), _CODE)


class PasskeySignInForm(Form):
    """What the browser answered; `next` is where the person was going."""

    credential = HiddenField(validators=_CREDENTIAL)
    next = HiddenField()


class SecondPasskeyForm(Form):
    """A passkey shown after a password."""

    credential = HiddenField(validators=_CREDENTIAL)


class NewPasskeyForm(Form):
    name = StringField(_l("Name of the passkey"), _NAME)
    credential = HiddenField(validators=_CREDENTIAL)


class PasskeyForm(Form):
    name = StringField(_l("Name"), _NAME)


class ProofForm(Form):
    """Any way to show who one is. Its names differ from those of the form that is held."""

    password = PasswordField(_l("Password"), [Length(max=1000)])
    code = StringField(_l("Code"), [_Expected(), Length(max=40)])
    credential = HiddenField(validators=[Length(max=20_000)])
    way = HiddenField()
    next = HiddenField()
    action = HiddenField()

    def __init__(self):
        super().__init__(prefix=PROOF)


PROOF = "proof-"
"""How the names of its fields begin."""
