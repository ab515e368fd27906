from sqlalchemy import JSON, Index, literal_column
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.kernel.db import Timestamped, db
from community.kernel.tenancy import BrandScoped


class Brand(Timestamped, db.Model):
    """One tenant. What it can change about itself is in this row.

    `theme` holds the inputs of the theme contract, `legal` the publisher's identity
    and contacts, `features` the switches; each is checked by `brands.service`.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    tagline: Mapped[str] = mapped_column(default="")
    headline: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="en")
    time_zone: Mapped[str] = mapped_column(default="UTC")
    theme: Mapped[dict] = mapped_column(JSON, default=dict)
    legal: Mapped[dict] = mapped_column(JSON, default=dict)
    features: Mapped[dict] = mapped_column(JSON, default=dict)
    logo_svg: Mapped[str] = mapped_column(default="")
    hero: Mapped[str] = mapped_column(default="")  # token of an upload
    hero_alt: Mapped[str] = mapped_column(default="")
    mail_name: Mapped[str] = mapped_column(default="")
    mail_address: Mapped[str] = mapped_column(default="")

    hosts: Mapped[list["BrandHost"]] = relationship(back_populates="brand")


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
