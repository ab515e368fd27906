"""The shapes of what is said of answers."""

from wtforms import DateField, SelectField, StringField
from wtforms.validators import DataRequired, Length

from community.kernel.i18n import _l
from community.kernel.web import Form

_SHORT = Length(max=80, message=_l("Use %(max)d characters at most."))
_DAY = DataRequired(_l("Choose the day on which somebody looks at it again."))


class CertifyForm(Form):
    product = StringField(_l("Product"), validators=[_SHORT])
    version = StringField(_l("Version"), validators=[_SHORT])
    source_url = StringField(
        _l("Address of the source"),
        validators=[Length(max=500, message=_l("This address is too long."))],
    )
    owner = SelectField(_l("Who answers for it"), coerce=int)
    review_by = DateField(_l("Look at it again by"), validators=[_DAY])


class RenewForm(Form):
    review_by = DateField(_l("Look at it again by"), validators=[_DAY])
