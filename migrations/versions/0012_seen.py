"""seen

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "thread_reader",
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(length=32), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "thread_id"],
            ["thread.brand_id", "thread.id"],
            name=op.f("fk_thread_reader_brand_id_thread_id_thread"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_thread_reader_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("thread_id", "reader", name=op.f("pk_thread_reader")),
    )
    op.create_index(op.f("ix_thread_reader_brand_id"), "thread_reader", ["brand_id"])
    op.create_index(
        op.f("ix_thread_reader_brand_id_thread_reader_counted_at"),
        "thread_reader",
        ["brand_id", "counted_at"],
    )
    edited = sa.text("edited_at IS NOT NULL")
    op.create_index(
        "ix_post_edited",
        "post",
        ["brand_id", "thread_id", "edited_at"],
        postgresql_where=edited,
        sqlite_where=edited,
    )


def downgrade():
    op.drop_index("ix_post_edited", "post")
    op.drop_table("thread_reader")
