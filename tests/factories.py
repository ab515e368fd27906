"""The world every test lives in: two brands with the same people, sections and titles.

A leak between brands shows as a wrong count, because whatever exists in one exists
in the other under the same names.
"""

from community.brands.models import Brand, BrandHost
from community.kernel.db import db, now
from community.kernel.tenancy import brand_scope
from community.members.models import NEW_AT_MOST, Member, Role
from community.threads.models import Audience, Category

LUNE, VELORA = 1, 2
BRANDS = {
    LUNE: ("lune", "Maison Lune", "fr", "Europe/Paris"),
    VELORA: ("velora", "Velora", "en", "Europe/London"),
}
PEOPLE = {
    "ada": Role.MEMBER,
    "ben": Role.MEMBER,
    "cleo": Role.MEMBER,
    "eve": Role.EXPERT,
    "mod": Role.MODERATOR,
    "mia": Role.MANAGER,
    "oli": Role.OWNER,
}


def build_world() -> None:
    """Fill an empty, migrated database. Runs once per test run; tests get copies."""
    for brand_id, (slug, name, locale, time_zone) in BRANDS.items():
        brand = Brand(slug=slug, name=name, locale=locale, time_zone=time_zone)
        brand.mail_address = f"hello@{slug}.example"
        brand.features = {"messages": True}
        db.session.add(brand)
        db.session.commit()
        with brand_scope(brand_id):
            db.session.add(BrandHost(host=f"{slug}.localhost", is_canonical=True))
            db.session.add(BrandHost(host=f"www.{slug}.localhost"))
            for username, role in PEOPLE.items():
                db.session.add(person(username, role))
            general = Category(slug="general", name="General", position=1)
            db.session.add_all(
                [
                    general,
                    Category(slug="corner", name="Corner", parent=general, position=1),
                    Category(slug="club", name="Club", visible_to=Audience.MEMBERS, position=2),
                    Category(
                        slug="office",
                        name="Office",
                        visible_to=Audience.STAFF,
                        who_may_start=Audience.STAFF,
                        who_may_reply=Audience.STAFF,
                        position=3,
                    ),
                    Category(slug="news", name="News", who_may_start=Audience.STAFF, position=4),
                ]
            )
            db.session.commit()


def person(username: str, role: Role = Role.MEMBER, **values) -> Member:
    """A confirmed member without a password, who is new no more."""
    email = f"{username}@example.com"
    return Member(
        **{
            "username": username,
            "username_key": username,
            "name": username.title(),
            "email": email,
            "email_key": email,
            "role": role,
            "created_at": now() - NEW_AT_MOST,
            "confirmed_at": now(),
            **values,
        }
    )
