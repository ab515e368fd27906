"""What is typed about groups."""

from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from community.groups.models import Joining
from community.groups.service import DESCRIPTION_MAX, NAME_MAX, WORDS_MAX
from community.kernel.i18n import _l
from community.kernel.web import Form

_WORDS = Length(max=WORDS_MAX, message=_l("Use %(max)d characters at most."))


class AskForm(Form):
    """What a member says with a request to join."""

    message = TextAreaField(_l("A word to the owners"), [_WORDS])


class DeclineForm(Form):
    """Why a request is declined, if somebody wants to say."""

    reason = TextAreaField(_l("Why not"), [_WORDS])


class AddForm(Form):
    """Who is added to a group."""

    username = StringField(_l("User name"), [DataRequired(_l("Write a user name."))])


class GroupForm(Form):
    """A group as managers set it up."""

    name = StringField(
        _l("Name"),
        [
            DataRequired(_l("Give the group a name.")),
            Length(2, NAME_MAX, _l("A name has between %(min)d and %(max)d characters.")),
        ],
    )
    description = TextAreaField(
        _l("What it is for"),
        [Length(max=DESCRIPTION_MAX, message=_l("Use %(max)d characters at most."))],
    )
    joining = RadioField(
        _l("How members come in"),
        choices=[
            SelectChoice(Joining.OPEN.value, _l("Open")),
            SelectChoice(Joining.ON_REQUEST.value, _l("On request")),
            SelectChoice(Joining.CLOSED.value, _l("Closed")),
        ],
        default=Joining.ON_REQUEST.value,
    )
    is_hidden = BooleanField(_l("Hide it from whoever is not in it"))

    def values(self) -> dict:
        """What the service takes."""
        return {
            "name": self.name.data,
            "description": self.description.data or "",
            "joining": Joining(self.joining.data),
            "is_hidden": self.is_hidden.data,
        }


class NewGroupForm(GroupForm):
    """A group that is made; its address is chosen once."""

    slug = StringField(
        _l("Address"), [Length(max=60, message=_l("Use %(max)d characters at most."))]
    )
