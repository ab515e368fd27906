"""second factor

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LONG_AGO = "2000-01-01 00:00:00"


def upgrade():
    _add_column("member", "second_factor", _words(), server_default="none")
    moment = sa.DateTime(timezone=True)
    _add_column("member_session", "proven_at", moment, server_default=LONG_AGO)
    for name in ("awaits_second_step", "has_second_step"):
        _add_column("member_session", name, sa.Boolean(), server_default=sa.false())
    _create(
        "authenticator",
        sa.Column("sealed_secret", sa.String(), nullable=True),
        sa.Column("sealed_new", sa.String(), nullable=True),
        sa.Column("confirmed_at", moment, nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.UniqueConstraint("member_id", name=op.f("uq_authenticator_member_id")),
    )
    _create(
        "recovery_code",
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("used_at", moment, nullable=True),
    )
    op.create_index(op.f("ix_recovery_code_member_id"), "recovery_code", ["member_id"])
    _create(
        "passkey",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("is_synced", sa.Boolean(), nullable=False),
        sa.Column("challenged_at", moment, nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.UniqueConstraint(
            "brand_id", "credential_id", name=op.f("uq_passkey_brand_id_credential_id")
        ),
    )
    op.create_index(op.f("ix_passkey_member_id"), "passkey", ["member_id"])


def _words():
    return sa.Enum("none", "passkey", "app", name="secondfactor", native_enum=False, length=32)


def _add_column(table, name, kind, *, server_default):
    """A column whose old rows get a value, and new ones always bring theirs."""
    with op.batch_alter_table(table) as batch:
        batch.add_column(sa.Column(name, kind, nullable=False, server_default=server_default))
    with op.batch_alter_table(table) as batch:
        batch.alter_column(name, existing_type=kind, server_default=None)


def _create(table, *columns):
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        *columns,
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["member.brand_id", "member.id"],
            name=op.f(f"fk_{table}_brand_id_member_id_member"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f(f"fk_{table}_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_brand_id"), table, ["brand_id"])


def downgrade():
    for table in ("passkey", "recovery_code", "authenticator"):
        op.drop_table(table)
    with op.batch_alter_table("member_session") as batch:
        for name in ("has_second_step", "awaits_second_step", "proven_at"):
            batch.drop_column(name)
    with op.batch_alter_table("member") as batch:
        batch.drop_column("second_factor")
