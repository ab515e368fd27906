"""Passwords: how they are stored, and which are refused.

Argon2id with the parameters of OWASP's password storage cheat sheet (19 MiB, 2 passes,
1 lane): about 20 ms of one core. Strength is what zxcvbn estimates from its lists of
common passwords, words, names, dates and keyboard walks, with nothing asked of anybody's
network.
"""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from community.kernel.errors import Invalid
from community.kernel.i18n import _

LEAST, MOST = 10, 200
"""Characters. The limit above only bounds the work of hashing."""
_WEAK = 6
"""Powers of ten of guesses: a million are made in seconds where guessing is not limited."""
_ESTIMATED = 72  # what zxcvbn takes; whatever is longer is not weak for its length
_OWN_LEFT = 6  # characters that must remain without the member's and the brand's own words

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODYS = _hasher.hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    """The hash to store. Slow: call it with nothing held."""
    return _hasher.hash(password)


def is_right(stored: str | None, password: str) -> bool:
    """Whether it is the password; as slow when there is none. Call it with nothing held."""
    if len(password) > MOST:
        password = ""  # nobody has it
    try:
        _hasher.verify(stored or _NOBODYS, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def check_strength(password: str, own_words: list[str], *, field: str = "password") -> None:
    """Raise Invalid, beside `field`, when a password is short or easily guessed.

    `own_words` are what anyone would try first: the member's address and names, the brand.
    """
    if len(password) < LEAST:
        raise Invalid(
            _("Use at least %(least)d characters. A few words make a good one.", least=LEAST),
            field=field,
        )
    if len(password) > MOST:
        raise Invalid(_("Use at most %(most)d characters.", most=MOST), field=field)
    if len(_without(password, own_words)) < _OWN_LEFT:
        raise Invalid(
            _("This is made of your name, your address or the brand's name. Choose another."),
            field=field,
        )
    if len(password) <= _ESTIMATED and zxcvbn(password)["guesses_log10"] < _WEAK:
        raise Invalid(
            _("This password is among the first that are tried. Choose another."), field=field
        )


def _without(password: str, own_words: list[str]) -> str:
    rest = password.casefold()
    for word in sorted({w.casefold() for w in own_words if len(w) > 2}, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest
