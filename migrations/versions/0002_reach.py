"""reach

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NAMED = "group_id IS NOT NULL OR 'group' NOT IN (visible_to, who_may_start, who_may_reply)"
NO_CATEGORY = "(access = 'people') = (category_id IS NULL)"


def upgrade():
    op.create_table(
        "member_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("joining", _words("joining", "open", "on-request", "closed"), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_member_group_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_group")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_member_group_brand_id_id")),
        sa.UniqueConstraint("brand_id", "slug", name=op.f("uq_member_group_brand_id_slug")),
    )
    op.create_index(op.f("ix_member_group_brand_id"), "member_group", ["brand_id"])
    _create_membership(
        "group_member",
        "group_id",
        "member_group",
        sa.Column("is_in", sa.Boolean(), nullable=False),
        sa.Column("is_owner", sa.Boolean(), nullable=False),
    )
    with op.batch_alter_table("category") as batch:
        batch.add_column(sa.Column("group_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_category_brand_id_group_id_member_group"),
            "member_group",
            ["brand_id", "group_id"],
            ["brand_id", "id"],
        )
        batch.create_check_constraint(op.f("ck_category_group_is_named"), NAMED)
    with op.batch_alter_table("thread") as batch:
        access = _words("access", "open", "brand", "people")
        batch.add_column(sa.Column("access", access, nullable=False, server_default="open"))
        batch.alter_column("category_id", existing_type=sa.Integer(), nullable=True)
    with op.batch_alter_table("thread") as batch:
        batch.alter_column("access", existing_type=access, server_default=None)
        batch.create_check_constraint(op.f("ck_thread_only_messages_have_no_category"), NO_CATEGORY)
    _create_membership(
        "thread_member",
        "thread_id",
        "thread",
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
    )


def _words(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def _create_membership(name, of, table, *columns):
    op.create_table(
        name,
        sa.Column(of, sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        *columns,
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", of],
            [f"{table}.brand_id", f"{table}.id"],
            name=op.f(f"fk_{name}_brand_id_{of}_{table}"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["member.brand_id", "member.id"],
            name=op.f(f"fk_{name}_brand_id_member_id_member"),
        ),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f(f"fk_{name}_brand_id_brand")),
        sa.PrimaryKeyConstraint(of, "member_id", name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_brand_id"), name, ["brand_id"])
    op.create_index(op.f(f"ix_{name}_member_id"), name, ["member_id"])


def downgrade():
    op.drop_table("thread_member")
    with op.batch_alter_table("thread") as batch:
        batch.drop_constraint(op.f("ck_thread_only_messages_have_no_category"), type_="check")
        batch.drop_column("access")
        batch.alter_column("category_id", existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table("category") as batch:
        batch.drop_constraint(op.f("ck_category_group_is_named"), type_="check")
        batch.drop_constraint(
            op.f("fk_category_brand_id_group_id_member_group"), type_="foreignkey"
        )
        batch.drop_column("group_id")
    op.drop_table("group_member")
    op.drop_table("member_group")
