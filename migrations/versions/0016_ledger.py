"""ledger

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "points_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("giver_id", sa.Integer(), nullable=True),
        sa.Column("thread_id", sa.Integer(), nullable=True),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("section_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "giver_id"],
            ["member.brand_id", "member.id"],
            name=op.f("fk_points_entry_brand_id_giver_id_member"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["member.brand_id", "member.id"],
            name=op.f("fk_points_entry_brand_id_member_id_member"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "post_id"],
            ["post.brand_id", "post.id"],
            name=op.f("fk_points_entry_brand_id_post_id_post"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "reverses_id"],
            ["points_entry.brand_id", "points_entry.id"],
            name=op.f("fk_points_entry_brand_id_reverses_id_points_entry"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "section_id"],
            ["category.brand_id", "category.id"],
            name=op.f("fk_points_entry_brand_id_section_id_category"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "thread_id"],
            ["thread.brand_id", "thread.id"],
            name=op.f("fk_points_entry_brand_id_thread_id_thread"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_points_entry_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_entry")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_points_entry_brand_id_id")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_points_entry_reverses_id")),
    )
    op.create_index(op.f("ix_points_entry_brand_id"), "points_entry", ["brand_id"], unique=False)
    op.create_index(
        op.f("ix_points_entry_member_id_points_entry_happened_at"),
        "points_entry",
        ["member_id", "happened_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_points_entry_post_id_points_entry_rule_points_entry_giver_id"),
        "points_entry",
        ["post_id", "rule", "giver_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_points_entry_thread_id_points_entry_rule"),
        "points_entry",
        ["thread_id", "rule"],
        unique=False,
    )
    op.create_table(
        "member_score",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["member.brand_id", "member.id"],
            name=op.f("fk_member_score_brand_id_member_id_member"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_member_score_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member_score")),
    )
    op.create_index(op.f("ix_member_score_brand_id"), "member_score", ["brand_id"], unique=False)
    op.create_table(
        "ledger_cursor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("position >= 0", name=op.f("ck_ledger_cursor_position_is_not_negative")),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_ledger_cursor_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_cursor")),
        sa.UniqueConstraint("brand_id", name=op.f("uq_ledger_cursor_brand_id")),
    )
    op.create_index(op.f("ix_ledger_cursor_brand_id"), "ledger_cursor", ["brand_id"], unique=False)


def downgrade():
    for name in ("ledger_cursor", "member_score", "points_entry"):
        op.drop_table(name)
