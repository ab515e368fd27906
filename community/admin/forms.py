"""The shapes of what is sent to the back office. What is right is the services' to say."""

from wtforms import (
    BooleanField,
    EmailField,
    FileField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from community.admin.service import REASON_MAX
from community.brands.models import FEATURES, LEGAL
from community.groups.models import Group
from community.kernel.i18n import LOCALES, Locale, _, _l
from community.kernel.text import MAX_BODY
from community.kernel.web import Form
from community.members import notes
from community.members.forms import zones
from community.threads.categories import DESCRIPTION_MAX, NAME_MAX
from community.threads.models import Audience, Category

_LONG = _l("This is too long: %(max)d characters at most.")
_SOMETHING = _l("Write something first.")


def _up_to(longest: int) -> Length:
    return Length(max=longest, message=_LONG)


class DiscardForm(Form):
    """Why a delivery is let go."""

    reason = StringField(_l("Reason"), [DataRequired(_l("Say why.")), _up_to(REASON_MAX)])


class NoteForm(Form):
    """A note about a member."""

    text = TextAreaField(_l("New note"), [DataRequired(_SOMETHING), _up_to(notes.LONGEST)])


# -- The brand -------------------------------------------------------------


class IdentityForm(Form):
    """Names, language and clock."""

    name = StringField(_l("Name"), [DataRequired(_l("Give your community a name.")), _up_to(60)])
    headline = StringField(_l("Welcome line"), [_up_to(120)])
    tagline = StringField(_l("In one sentence"), [_up_to(160)])
    locale = SelectField(_l("Language"))
    time_zone = SelectField(_l("Time zone"))
    links = TextAreaField(_l("Links in the footer"), [_up_to(2000)])

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        names = [(tag, Locale.parse(tag).get_display_name(tag).capitalize()) for tag in LOCALES]
        self.locale.choices = [SelectChoice(*one) for one in names]
        self.time_zone.choices = zones()
        known = {choice.value for choice in self.time_zone.choices}
        if (present := self.time_zone.data) and present not in known:
            self.time_zone.choices.insert(0, SelectChoice(present, present))


class HostForm(Form):
    """Another address for the brand."""

    host = StringField(
        _l("New address"), [DataRequired(_l("Write an address first.")), _up_to(253)]
    )


class LegalForm(Form):
    """Who is behind the community (Art. 6 III LCEN, Art. 11 and 12 DSA)."""

    publisher = TextAreaField(_l("Publisher"), [_up_to(1000)])
    address = TextAreaField(_l("Postal address"), [_up_to(1000)])
    contact = StringField(_l("Contact"), [_up_to(1000)])
    dsa_contact = StringField(_l("Contact point under the Digital Services Act"), [_up_to(1000)])
    hosting = TextAreaField(_l("Hosting"), [_up_to(1000)])
    privacy = TextAreaField(_l("About personal data"), [_up_to(1000)])

    def facts(self) -> dict[str, str]:
        return {name: self[name].data or "" for name in LEGAL}


class SenderForm(Form):
    """Whom mails come from."""

    mail_name = StringField(_l("Sender’s name"), [_up_to(80)])
    mail_address = EmailField(_l("Sender’s address"), [_up_to(254)])


SWITCHES = {
    "guest_reading": (
        _l("Guests may read"),
        _l("Without it, whoever has not signed in sees the sign-in page only."),
    ),
    "invitation_only": (
        _l("By invitation only"),
        _l("Nobody can join by themselves; those who are members stay."),
    ),
    "staff_second_factor": (
        _l("Staff signs in with a second factor"),
        _l("Whoever has none is led to set one up before any page of staff opens."),
    ),
    "private_threads": (
        _l("Members may write to the brand alone"),
        _l("Only the author and staff read such a discussion."),
    ),
    "messages": (
        _l("Private messages"),
        _l("Members may write to each other. Staff reads only what somebody reports."),
    ),
}
"""What each switch of `brands.models.FEATURES` is called here, and what it does."""


class FeaturesForm(Form):
    """The switches of the brand, one field for each there is."""

    def facts(self) -> dict[str, bool]:
        return {name: self[name].data for name in FEATURES}


for _name in FEATURES:
    setattr(FeaturesForm, _name, BooleanField(SWITCHES.get(_name, (_name, ""))[0]))


class RulesForm(Form):
    """The rules everyone is asked to keep; ours when empty."""

    rules = TextAreaField(_l("Community rules"), [_up_to(MAX_BODY)])


# -- Categories and tags ---------------------------------------------------

ICONS = (
    *("chat", "ask", "bulb", "star", "heart", "spark", "bell", "megaphone", "image", "camera"),
    *("users", "trophy", "bag", "wrench", "battery", "phone", "shield", "leaf", "sun", "globe"),
)
"""Icons a category may have, as they are called in static/img/icons.svg."""

WHO_SEES = {
    Audience.EVERYONE: _l("Everyone"),
    Audience.MEMBERS: _l("Members"),
    Audience.GROUP: _l("A group and staff"),
    Audience.STAFF: _l("Staff"),
}
WHO_WRITES = {audience: name for audience, name in WHO_SEES.items() if audience != "everyone"}


def _choices(names) -> list[SelectChoice]:
    return [SelectChoice(value.value, name) for value, name in names.items()]


class CategoryForm(Form):
    """A section or a part of one."""

    name = StringField(_l("Name"), [DataRequired(_l("Give it a name.")), _up_to(NAME_MAX)])
    description = StringField(_l("Description"), [_up_to(DESCRIPTION_MAX)])
    parent = SelectField(_l("Part of"), [Optional()], coerce=lambda v: int(v) if v else None)
    icon = RadioField(_l("Icon"), choices=[SelectChoice(name, name) for name in ICONS])
    picture = FileField(_l("Picture"))
    drops_picture = BooleanField(_l("Show no picture"))
    visible_to = RadioField(_l("Who reads"), choices=_choices(WHO_SEES))
    who_may_start = RadioField(_l("Who starts discussions"), choices=_choices(WHO_WRITES))
    who_may_reply = RadioField(_l("Who replies"), choices=_choices(WHO_WRITES))
    group = SelectField(_l("Group"), [Optional()], coerce=lambda v: int(v) if v else None)
    unanswered_hours = IntegerField(_l("Hours until experts are told"), [Optional()])

    def offer(self, sections: list[Category], groups: list[Group]) -> None:
        """Let staff choose among the sections and groups there are."""
        alone = SelectChoice("", _("Nothing, it is a section of its own"))
        self.parent.choices = [alone, *(SelectChoice(c.id, c.name) for c in sections)]
        none = SelectChoice("", _("Choose a group"))
        self.group.choices = [none, *(SelectChoice(g.id, g.name) for g in groups)]

    def offer_icon(self, name: str) -> None:
        """Let an icon stay that we do not offer."""
        self.icon.choices = [*self.icon.choices, SelectChoice(name, name)]


class NewCategoryForm(CategoryForm):
    """The same, and the address it will keep."""

    slug = StringField(_l("Address"), [Optional(), _up_to(60)])


class RemovalForm(Form):
    """Where the discussions of a category go."""

    into = SelectField(
        _l("Move its discussions to"),
        [DataRequired(_l("Choose where its discussions go."))],
        coerce=lambda value: int(value) if value else None,
    )


class TagForm(Form):
    """A tag's word, and the other words for it."""

    slug = StringField(_l("Tag"), [DataRequired(_l("Write a word first.")), _up_to(60)])
    synonyms = TextAreaField(_l("Other words for it"), [_up_to(2000)])


class UnionForm(Form):
    """The tag another becomes part of."""

    into = StringField(
        _l("Unite it with"), [DataRequired(_l("Write the tag it becomes part of.")), _up_to(60)]
    )


class HeroForm(Form):
    """The picture at the top of the home page."""

    picture = FileField(_l("Picture"))
    alt = StringField(_l("What it shows, for those who cannot see it"), [_up_to(200)])
    drops_picture = BooleanField(_l("Show no picture"))
