"""Opening brands and changing what they may change about themselves."""

import re
from collections.abc import Callable, Mapping, Sequence

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select

from community.brands import colour
from community.brands.models import FEATURES, LEGAL, Brand, BrandHost
from community.brands.queries import forget_hosts, the_brand
from community.events import BrandChanged
from community.kernel import i18n, text
from community.kernel.addresses import is_web
from community.kernel.bus import publish
from community.kernel.db import db
from community.kernel.errors import Conflict, Invalid
from community.kernel.i18n import _
from community.kernel.policy import require
from community.kernel.tenancy import across_brands, writing_across_brands
from community.permissions import Can

SLUG = re.compile(r"[a-z][a-z0-9-]{0,28}[a-z0-9]")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_LINES = {"name": 60, "tagline": 160, "headline": 120, "mail_name": 80, "hero_alt": 200}
_MAX_LEGAL = 1000
MAX_LINKS = 8
_SWITCHES = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


# -- Opening ---------------------------------------------------------------


def create_brand(
    *,
    slug: str,
    name: str,
    locale: str,
    hosts: Sequence[str],
    time_zone: str = "UTC",
    **facts,
) -> Brand:
    """Open a brand; the first of `hosts` is the one it is known by. Returns it stored.

    `facts` are any of what `set_facts` takes. It is committed at once, outside any brand's
    scope, for there is none yet. Invalid names the field that is wrong; Conflict says that
    the slug or a host is another brand's.
    """
    if not SLUG.fullmatch(slug):
        raise Invalid(
            _("Use 2 to 30 small letters, digits and hyphens; begin with a letter."),
            field="slug",
        )
    with across_brands("a slug names one brand of all") as session:
        if session.scalar(select(Brand.id).where(Brand.slug == slug)) is not None:
            raise Conflict(_("There is a brand %(slug)s already.", slug=slug))
    hosts = _checked_hosts(hosts)
    brand = Brand(slug=slug, theme={}, legal={}, features={}, links=[])
    set_facts(brand, name=name, locale=locale, time_zone=time_zone, **facts)
    with writing_across_brands("a brand is opened outside any brand") as session:
        session.add(brand)
        session.flush()  # its hosts need brand.id
        for position, host in enumerate(hosts):
            session.add(BrandHost(brand_id=brand.id, host=host, is_canonical=position == 0))
        session.flush()  # before the brand leaves the session with what it was given
        session.expunge_all()
    forget_hosts()
    return brand


# -- Changing --------------------------------------------------------------


def update_brand(actor, **facts) -> None:
    """Change facts of the brand in scope: see `set_facts`, and `hosts`."""
    require(actor, Can.EDIT_BRAND)
    brand = the_brand()
    before = {name: _kept(brand, name) for name in facts}
    if "hosts" in facts:
        set_hosts(brand, facts.pop("hosts"))
    set_facts(brand, **facts)
    changed = [name for name, value in before.items() if _kept(brand, name) != value]
    if changed:
        publish(BrandChanged(facts=" ".join(changed), changed_by_id=actor.id))


def _kept(brand: Brand, name: str):
    """A fact as it is stored; host names in the order that says which one is canonical."""
    if name == "hosts":
        order = (BrandHost.is_canonical.desc(), BrandHost.host)
        return list(db.session.scalars(select(BrandHost.host).order_by(*order)))
    return getattr(brand, _STORED.get(name, name))


def set_facts(brand: Brand, **facts) -> None:
    """Check and set facts of a brand without asking who does it.

    name, tagline, headline, mail_name, hero_alt (one line each); locale; time_zone; theme
    (inputs of `colour.checked`); legal (keys of `models.LEGAL`); features (keys of
    `models.FEATURES`); links ({"label", "url"}, at most 8); rules (Markdown); logo_svg;
    hero (token of an upload); mail_address. Invalid names the wrong one.
    """
    checked = {name: _check(name, value) for name, value in facts.items()}
    for name, value in checked.items():
        setattr(brand, name, value)


def set_values(brand: Brand, values: Mapping[str, str]) -> None:
    """Set facts given as words: "theme.brand" is one theme input, "hosts" a list with spaces."""
    facts: dict[str, object] = {}
    for name, value in values.items():
        group, dot, key = name.partition(".")
        if not dot:
            facts[name] = value
        elif group in {"theme", "legal", "features"}:
            given = getattr(brand, _STORED[group]) or {}
            facts.setdefault(group, dict(given))[key] = _from_word(group, value)
        else:
            raise Invalid(_("There is no such fact of a brand."), field=name)
    if "hosts" in facts:
        set_hosts(brand, facts.pop("hosts").split())
    set_facts(brand, **facts)
    names = dict.fromkeys(name.partition(".")[0] for name in values)
    publish(BrandChanged(facts=" ".join(names), changed_by_id=None))


_STORED = {"theme": "theme_inputs", "legal": "legal_given", "features": "features_given"}


def _from_word(group: str, value: str):
    if group == "features":
        return _SWITCHES.get(value.strip().lower(), value)
    return value or None if group == "theme" else value


def set_hosts(brand: Brand, hosts: Sequence[str]) -> None:
    """Replace the host names of the brand in scope; the first is the one it is known by."""
    hosts = _checked_hosts(hosts, brand)
    present = {row.host: row for row in db.session.scalars(select(BrandHost))}
    for row in present.values():
        row.is_canonical = False
        if row.host not in hosts:
            db.session.delete(row)
    db.session.flush()  # there is one canonical host at any moment
    for position, host in enumerate(hosts):
        if host in present:
            present[host].is_canonical = position == 0
        else:
            db.session.add(BrandHost(host=host, is_canonical=position == 0))
    db.session.flush()  # before this process looks hosts up again
    forget_hosts()


def _checked_hosts(hosts: Sequence[str], brand: Brand | None = None) -> list[str]:
    names = list(dict.fromkeys(_checked_host(host) for host in hosts))
    if not names:
        raise Invalid(_("A brand needs a host name."), field="hosts")
    with across_brands("a host name opens one brand of all") as session:
        taken = session.execute(
            select(BrandHost.host, BrandHost.brand_id).where(BrandHost.host.in_(names))
        ).all()
    for host, brand_id in taken:
        if brand is None or brand_id != brand.id:
            raise Conflict(_("%(host)s opens another brand.", host=host))
    return names


def _checked_host(host: str) -> str:
    """A host name as requests are looked up: lower case, IDNA, no port, no final dot."""
    name = host.strip().lower().rstrip(".")
    try:
        name = name.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise Invalid(
            _("%(host)s is not a host name like community.example.com.", host=host),
            field="hosts",
        )
    return name


# -- Checks of each fact ---------------------------------------------------


def _check(name: str, value):
    if name in _LINES:
        return _line(name, value)
    check = _CHECKS.get(name)
    if check is None:
        raise Invalid(_("There is no such fact of a brand."), field=name)
    return check(value)


def _line(name: str, value: str) -> str:
    line = text.clean_line(value)
    if len(line) > _LINES[name]:
        raise Invalid(
            _("This is too long: %(limit)s characters at most.", limit=_LINES[name]),
            field=name,
        )
    if name == "name" and not any(c.isalnum() for c in line):
        raise Invalid(_("A name needs a letter or a digit."), field="name")
    return line


def _locale(value: str) -> str:
    if value not in i18n.LOCALES:
        raise Invalid(_("We do not speak this language yet."), field="locale")
    return value


def _time_zone(value: str) -> str:
    if i18n.zone(value).key != value:
        raise Invalid(_("There is no such time zone."), field="time_zone")
    return value


def _theme(value: Mapping) -> dict:
    given = {name: wanted for name, wanted in value.items() if wanted is not None}
    try:
        inputs = colour.checked(given)
    except ValueError as error:
        raise Invalid(str(error), field="theme") from error
    if unreadable := [pair for pair in colour.pairs(inputs) if not pair.passes]:
        names = ", ".join(pair.name for pair in unreadable)
        raise Invalid(_("These could not be read: %(names)s.", names=names), field="theme")
    return {name: inputs[name] for name in given}


def _legal(value: Mapping[str, str]) -> dict:
    for key, words in value.items():
        if key not in LEGAL:
            known = ", ".join(LEGAL)
            raise Invalid(_("The legal notice knows only: %(known)s.", known=known), "legal")
        if len(words) > _MAX_LEGAL:
            raise Invalid(
                _("This is too long: %(limit)s characters at most.", limit=_MAX_LEGAL), "legal"
            )
    return {key: text.clean_body(words).strip() for key, words in value.items()}


def _features(value: Mapping[str, bool]) -> dict:
    for key, switch in value.items():
        if key not in FEATURES or not isinstance(switch, bool):
            known = ", ".join(FEATURES)
            raise Invalid(_("Switches are on or off, and are: %(known)s.", known=known), "features")
    return dict(value)


def _links(value: Sequence[Mapping[str, str]]) -> list[dict]:
    if len(value) > MAX_LINKS:
        raise Invalid(_("At most %(most)d links.", most=MAX_LINKS), field="links")
    return [{"label": _label(link), "url": _web_address(link)} for link in value]


def _label(link: Mapping[str, str]) -> str:
    label = text.clean_line(link.get("label", ""))
    if not 1 <= len(label) <= 40:
        raise Invalid(_("A link needs a label of at most 40 characters."), field="links")
    return label


def _web_address(link: Mapping[str, str]) -> str:
    address = link.get("url", "").strip()
    if not is_web(address):
        raise Invalid(_("A link needs an address like https://example.com/help."), "links")
    return address


def _rules(value: str) -> str:
    rules = text.clean_body(value).strip()
    if len(rules) > text.MAX_BODY:
        raise Invalid(
            _("This is too long: %(limit)s characters at most.", limit=text.MAX_BODY), "rules"
        )
    return rules


def _logo(value: str) -> str:
    if value.strip():
        text.svg(value)  # raises Invalid when it holds more than drawing
    return value.strip()


def _mail_address(value: str) -> str:
    if not value.strip():
        return ""
    try:
        return validate_email(value.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise Invalid(_("This is not a complete e-mail address."), "mail_address") from error


_CHECKS: dict[str, Callable] = {
    "locale": _locale,
    "time_zone": _time_zone,
    "theme": _theme,
    "legal": _legal,
    "features": _features,
    "links": _links,
    "rules": _rules,
    "logo_svg": _logo,
    "hero": str,
    "mail_address": _mail_address,
}
