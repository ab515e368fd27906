"""The shapes of what is sent: lengths and presence. What is right is the service's to say."""

from functools import cache
from zoneinfo import available_timezones

from babel.dates import get_timezone_location
from wtforms import (
    BooleanField,
    EmailField,
    FileField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from community.kernel import text
from community.kernel.i18n import _, _l, get_locale
from community.kernel.web import Form
from community.members.models import Mode, Role
from community.members.names import BIO_LENGTH, MAX_EMAIL

_EMAIL = [
    DataRequired(_l("Enter your e-mail address.")),
    Length(max=MAX_EMAIL, message=_l("This is too long for an e-mail address.")),
]
_PASSWORD = [DataRequired(_l("Enter your password."))]
_NEW_PASSWORD = [DataRequired(_l("Choose a password."))]
_NAME = [DataRequired(_l("Enter the name others will see.")), Length(max=200)]


# -- Coming in -------------------------------------------------------------


class JoinForm(Form):
    name = StringField(_l("Name"), _NAME)
    username = StringField(_l("User name"), [Length(max=100)])
    email = EmailField(_l("E-mail address"), _EMAIL)
    password = PasswordField(_l("Password"), _NEW_PASSWORD)
    accepts = BooleanField(
        _l("I have read the community rules"),
        [DataRequired(_l("Please read the rules and say that you have."))],
    )
    next = HiddenField()


class LoginForm(Form):
    email = EmailField(_l("E-mail address"), _EMAIL)
    password = PasswordField(_l("Password"), _PASSWORD)
    stays = BooleanField(_l("Stay signed in on this device"), default=True)
    next = HiddenField()


class AddressForm(Form):
    """An address to which a link is to be mailed."""

    email = EmailField(_l("E-mail address"), _EMAIL)
    next = HiddenField()


class ConfirmForm(Form):
    """Confirming in another browser than the one that joined."""

    password = PasswordField(_l("Password"))


class ResetForm(Form):
    password = PasswordField(_l("New password"), _NEW_PASSWORD)


class ButtonForm(Form):
    """One button and nothing to fill in."""


# -- Settings --------------------------------------------------------------


class ProfileForm(Form):
    name = StringField(_l("Name"), _NAME)
    username = StringField(
        _l("User name"), [DataRequired(_l("Enter a user name.")), Length(max=100)]
    )
    bio = TextAreaField(_l("About you"), [Length(max=BIO_LENGTH * 2)])
    is_public = BooleanField(_l("Show my profile to everyone"))


class AvatarForm(Form):
    picture = FileField(_l("Picture"))


class PasswordForm(Form):
    current_password = PasswordField(
        _l("Present password"),
        _PASSWORD,
        id="present-password",  # the form beside it asks for a password too
    )
    new_password = PasswordField(_l("New password"), _NEW_PASSWORD)


class EmailForm(Form):
    email = EmailField(_l("New e-mail address"), _EMAIL)
    current_password = PasswordField(_l("Password"), _PASSWORD)


class PreferencesForm(Form):
    locale = SelectField(_l("Language"))
    time_zone = SelectField(_l("Time zone"))
    mode = RadioField(
        _l("Appearance"),
        choices=[
            SelectChoice(Mode.AUTO.value, _l("As on this device")),
            SelectChoice(Mode.LIGHT.value, _l("Light")),
            SelectChoice(Mode.DARK.value, _l("Dark")),
        ],
    )
    mentions = BooleanField(_l("Someone mentions me"))
    replies = BooleanField(_l("Someone replies to a thread I follow"))
    messages = BooleanField(_l("Someone writes to me in private"))

    def offer(self, languages: list[tuple[str, str]], brand_zone: str) -> None:
        """Let the member choose among languages, and time zones under their continents."""
        browsers = SelectChoice("", _("As my browser says"))
        self.locale.choices = [browsers, *(SelectChoice(*language) for language in languages)]
        zone = _place(brand_zone, str(get_locale()))
        usual = SelectChoice("", _("As the brand: %(zone)s", zone=zone))
        self.time_zone.choices = [usual, *zones()]


class LeaveForm(Form):
    posts = RadioField(
        _l("What you have written"),
        choices=[
            SelectChoice("keep", _l("Keep it, without my name")),
            SelectChoice("remove", _l("Remove it too")),
        ],
        default="keep",
    )
    password = PasswordField(_l("Password"))


# -- What staff does about a member ----------------------------------------


class SuspensionForm(Form):
    """For how long, and why: the member reads the reason."""

    days = RadioField(
        _l("For how long"),
        [InputRequired(_l("Choose for how long."))],
        choices=[
            SelectChoice("1", _l("1 day")),
            SelectChoice("3", _l("3 days")),
            SelectChoice("7", _l("7 days")),
            SelectChoice("30", _l("30 days")),
            SelectChoice("open", _l("Until the team ends it")),
        ],
    )
    reason = TextAreaField(_l("Reason"), [DataRequired(_l("Say why: the member will read it."))])

    @property
    def days_chosen(self) -> int | None:
        """None for a suspension without an end."""
        return None if self.days.data == "open" else int(self.days.data)


class RoleForm(Form):
    role = RadioField(
        _l("Role"),
        [InputRequired(_l("Choose a role."))],
        choices=[
            SelectChoice(Role.MEMBER.value, _l("Member")),
            SelectChoice(Role.EXPERT.value, _l("Expert")),
            SelectChoice(Role.MODERATOR.value, _l("Moderator")),
            SelectChoice(Role.MANAGER.value, _l("Manager")),
            SelectChoice(Role.OWNER.value, _l("Owner")),
        ],
    )


# -- Places ----------------------------------------------------------------


CONTINENTS = {
    "Africa": _l("Africa"),
    "America": _l("America"),
    "Antarctica": _l("Antarctica"),
    "Arctic": _l("Arctic"),
    "Asia": _l("Asia"),
    "Atlantic": _l("Atlantic"),
    "Australia": _l("Australia"),
    "Europe": _l("Europe"),
    "Indian": _l("Indian Ocean"),
    "Pacific": _l("Pacific"),
}


def zones() -> list[SelectChoice]:
    """Every zone of a place, under its continent, in the reader's language."""
    places = _places_of(str(get_locale()))
    return [
        SelectChoice(zone, place, optgroup=str(label))
        for continent, label in CONTINENTS.items()
        for zone, place in places[continent]
    ]


@cache
def _places_of(locale: str) -> dict[str, list[tuple[str, str]]]:
    """(zone, city) by continent, sorted by city; of several names of one city, the first."""
    groups: dict[str, dict[str, str]] = {continent: {} for continent in CONTINENTS}
    for name in sorted(available_timezones()):
        continent = name.partition("/")[0]
        if continent in groups:
            groups[continent].setdefault(_place(name, locale), name)
    return {
        continent: [(places[place], place) for place in sorted(places, key=text.unaccented)]
        for continent, places in groups.items()
    }


def _place(name: str, locale: str) -> str:
    try:
        return get_timezone_location(name, locale=locale, return_city=True) or name
    except LookupError:
        return name
