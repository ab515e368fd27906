"""drafts

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("tags", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["member.brand_id", "member.id"],
            name=op.f("fk_draft_brand_id_member_id_member"),
        ),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_draft_brand_id_brand")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("member_id", "place", name=op.f("uq_draft_member_id_place")),
    )
    op.create_index(op.f("ix_draft_brand_id"), "draft", ["brand_id"])
    op.create_index(op.f("ix_draft_saved_at"), "draft", ["saved_at"])
    with op.batch_alter_table("upload") as batch:
        batch.add_column(sa.Column("kept_until", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    with op.batch_alter_table("upload") as batch:
        batch.drop_column("kept_until")
    op.drop_table("draft")
