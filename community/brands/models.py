import json
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from sqlalchemy import JSON, Index, literal_column
from sqlalchemy.orm import Mapped, mapped_column, relationship, synonym

from community.brands import colour
from community.kernel import text
from community.kernel.db import Timestamped, db
from community.kernel.tenancy import BrandScoped

LEGAL = ("publisher", "address", "contact", "dsa_contact", "hosting", "privacy")
"""Who is behind the brand, in the order the legal notice tells it."""

FEATURES = {
    "guest_reading": True,
    "invitation_only": False,
    "staff_second_factor": False,
    "private_threads": True,  # members may write to the brand alone
    "messages": False,  # a brand that opens them answers reports
}
"""The switches of a brand, and how they stand when it says nothing."""


class Brand(Timestamped, db.Model):
    """One tenant. What it can change about itself is in this row.

    `theme` holds the inputs of the theme contract, `legal` the publisher's identity
    and contacts, `features` the switches, `links` what the footer adds; each is checked
    by `brands.service`. What was given is kept; what is read has the defaults filled in.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    tagline: Mapped[str] = mapped_column(default="")
    headline: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="en")
    time_zone: Mapped[str] = mapped_column(default="UTC")
    theme_inputs: Mapped[dict] = mapped_column("theme", JSON, default=dict)
    legal_given: Mapped[dict] = mapped_column("legal", JSON, default=dict)
    features_given: Mapped[dict] = mapped_column("features", JSON, default=dict)
    links: Mapped[list] = mapped_column(JSON, default=list)  # of {"label": …, "url": …}
    rules: Mapped[str] = mapped_column(default="")  # Markdown; ours when empty
    logo_svg: Mapped[str] = mapped_column(default="")
    hero: Mapped[str] = mapped_column(default="")  # token of an upload
    hero_alt: Mapped[str] = mapped_column(default="")
    mail_name: Mapped[str] = mapped_column(default="")
    mail_address: Mapped[str] = mapped_column(default="")

    hosts: Mapped[list["BrandHost"]] = relationship(back_populates="brand")

    def _theme(self) -> Mapping:
        """Every theme input, the fonts to fetch early, and the logo ready for a page."""
        return _theme(json.dumps(self.theme_inputs or {}), self.logo_svg)

    def _legal(self) -> dict:
        return dict.fromkeys(LEGAL, "") | (self.legal_given or {})

    def _features(self) -> dict:
        return FEATURES | (self.features_given or {})

    theme: Mapped[dict] = synonym(
        "theme_inputs",
        descriptor=property(_theme, lambda self, given: setattr(self, "theme_inputs", given)),
    )
    legal: Mapped[dict] = synonym(
        "legal_given",
        descriptor=property(_legal, lambda self, given: setattr(self, "legal_given", given)),
    )
    features: Mapped[dict] = synonym(
        "features_given",
        descriptor=property(_features, lambda self, given: setattr(self, "features_given", given)),
    )


@lru_cache(maxsize=256)
def _theme(given: str, logo: str) -> Mapping:
    """Checked once, not for every colour of every page."""
    inputs = json.loads(given)
    more = {"font_preload": colour.font_preload(inputs), "logo_svg": text.svg(logo) if logo else ""}
    return MappingProxyType(colour.checked(inputs) | more)


class BrandHost(BrandScoped, db.Model):
    """A host name that opens a brand; visitors of the others are sent to the canonical one."""

    __table_args__ = (
        Index(
            "uq_brand_host_canonical",
            "brand_id",
            unique=True,
            sqlite_where=literal_column("is_canonical"),
            postgresql_where=literal_column("is_canonical"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    host: Mapped[str] = mapped_column(unique=True)
    is_canonical: Mapped[bool] = mapped_column(default=False)

    brand: Mapped[Brand] = relationship(back_populates="hosts")
