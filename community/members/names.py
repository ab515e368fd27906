"""What members may be called, and when two names or addresses are the same.

Names that look alike are one name: nobody passes for another member, for the brand or
for its staff. After Unicode's confusables (UTS 39), reduced to what we allow.
"""

import hashlib
import re
import secrets
import unicodedata

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import or_, select

from community.brands.queries import the_brand
from community.kernel import text
from community.kernel.db import db
from community.kernel.errors import Invalid
from community.kernel.i18n import _
from community.members.impersonation import is_name_of_staff, passes_for_staff, seal_in
from community.members.lookalikes import username_key
from community.members.models import FORMER, FormerUsername, Member

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,28}[a-z0-9]")
NAME_LENGTHS = (2, 60)
BIO_LENGTH = 500
MAX_EMAIL = 254
GONE = "gone:"
"""How the digest of an erased member's name begins."""


def _words(line: str) -> tuple[str, ...]:
    return tuple(line.split())


OTHER_WORDS = _words(
    "abuse account anonymous api assets bot contact deleted erased everyone former guest help "
    "hostmaster info invite join legal login logout mail mailer media member members membre "
    "membres me new news noreply notifications null postmaster privacy profile root rules "
    "search security settings signin signup suggest undefined unknown user webmaster www"
)

_APART = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC")


# -- Sameness --------------------------------------------------------------


def digest_of(key: str) -> str:
    """What is kept of the key of an erased member's name: enough to know it again."""
    return GONE + hashlib.sha256(key.encode()).hexdigest()[:40]


def email_key(email: str) -> str:
    """The address in one spelling; Invalid when it cannot be one.

    Lower case, NFC, the domain as IDNA writes it. Dots and plus parts are kept:
    to most providers they make another mailbox.
    """
    try:
        found = validate_email(email.strip(), check_deliverability=False, allow_display_name=False)
    except EmailNotValidError as error:
        raise Invalid(_not_an_address(), field="email") from error
    local = unicodedata.normalize("NFC", found.local_part).lower()
    key = f"{local}@{found.ascii_domain.lower()}"
    if len(key) > MAX_EMAIL:
        raise Invalid(_not_an_address(), field="email")
    return key


def _not_an_address() -> str:
    return _("This is not a complete e-mail address. An example: name@example.com")


# -- What is allowed -------------------------------------------------------


def checked_username(username: str, *, member: Member | None = None) -> str:
    """The user name as it is stored; Invalid when it is malformed, reserved or taken.

    `member` is whose it becomes: a name of theirs, present or former, is free to them.
    """
    username = username.strip().lower()
    if not USERNAME.fullmatch(username):
        raise Invalid(
            _(
                "Use 3 to 30 letters without accents, digits, dots, hyphens or underscores;"
                " begin and end with a letter or a digit."
            ),
            field="username",
        )
    is_staff = member is not None and member.is_staff
    others = {username_key(word) for word in OTHER_WORDS}
    if username.startswith(FORMER) or username_key(username) in others:
        raise Invalid(_("This user name is reserved."), field="username")
    if not is_staff and (passes_for_staff(username) or is_name_of_staff(username)):
        raise Invalid(_("This user name is reserved."), field="username")
    if is_taken(username, member=member):
        raise Invalid(_("This user name is taken, or looks like one that is."), field="username")
    return username


def is_taken(username: str, *, member: Member | None = None) -> bool:
    """Whether someone else has the name, had it, or has one that looks like it."""
    key = username_key(username)
    own_id = member.id if member is not None else None
    present = select(Member.id).where(Member.username_key == key)
    former = select(FormerUsername.member_id).where(
        or_(FormerUsername.username_key == key, FormerUsername.username_key == digest_of(key))
    )
    owners = {*db.session.scalars(present), *db.session.scalars(former)}
    return bool(owners - {own_id})


def checked_name(name: str, *, is_staff: bool = False) -> str:
    """A name to show, in one clean line; Invalid when it is too short, too long or deceives."""
    name = text.clean_line(name)
    least, most = NAME_LENGTHS
    if not least <= len(name) <= most:
        raise Invalid(
            _("A name has %(least)d to %(most)d characters.", least=least, most=most),
            field="name",
        )
    if not any(c.isalnum() for c in name):
        raise Invalid(_("A name needs a letter or a digit."), field="name")
    if len(_scripts(name)) > 1:
        raise Invalid(_("Write the name in one alphabet."), field="name")
    if not is_staff:
        _deceive_nobody(name)
    return name


def _deceive_nobody(name: str) -> None:
    if passes_for_staff(name):
        raise Invalid(
            _("This name would pass for the team of %(brand)s.", brand=the_brand().name),
            field="name",
        )
    if is_name_of_staff(name):
        raise Invalid(
            _("Somebody of the team has this name. Add something that tells you apart."),
            field="name",
        )
    if sign := seal_in(name):
        raise Invalid(
            _("Leave out %(sign)s: it looks like the mark of the team.", sign=sign), field="name"
        )


def _scripts(name: str) -> set[str]:
    """Which of the alphabets that resemble one another occur."""
    letters = (unicodedata.name(c, "") for c in name if c.isalpha())
    return {script for letter in letters for script in _APART if letter.startswith(script)}


# -- Suggestions -----------------------------------------------------------


def free_username(name: str) -> str:
    """A user name made from a name, free and allowed in the brand in scope."""
    base = text.slugify(name, fallback="member")[:24].strip("-")
    if len(base) < 3:
        base = f"{base}-member"
    for digits in (0, 2, 3, 4, 6, 8):
        for _try in range(4 if digits else 1):
            tail = f"-{secrets.randbelow(10**digits):0{digits}d}" if digits else ""
            try:
                return checked_username(base[: 30 - len(tail)].rstrip("-") + tail)
            except Invalid:
                continue
        if digits and passes_for_staff(base):
            base = "member"
    return f"member-{secrets.token_hex(8)}"
