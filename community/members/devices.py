"""What a browser calls itself, in words its owner knows."""

from community.kernel.i18n import _

# The first that occurs counts: most browsers also claim to be those further down.
_BROWSERS = (
    ("FBAN", "Facebook"), ("FBAV", "Facebook"), ("Instagram", "Instagram"), ("EdgiOS", "Edge"),
    ("EdgA", "Edge"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"),
    ("Vivaldi", "Vivaldi"), ("FxiOS", "Firefox"), ("Firefox", "Firefox"), ("CriOS", "Chrome"),
    ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("CrOS", "ChromeOS"), ("Mac OS X", "Mac"), ("Macintosh", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def device_words(user_agent: str) -> str:
    """ "Firefox on Linux"; what is unknown is left out."""
    browser = _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("Unknown browser")


def is_phone(user_agent: str) -> bool:
    """Whether it is something held in the hand."""
    return any(word in user_agent for word in ("iPhone", "Android", "Mobile"))


def _first(table: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in table if mark in user_agent), "")
