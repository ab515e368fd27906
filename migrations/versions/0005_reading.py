"""reading

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "read_mark",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("last_read", sa.Integer(), nullable=False),
        sa.Column("read_at", MOMENT, nullable=False),
        *_of_brand("read_mark", thread_id="thread", member_id="member"),
        sa.PrimaryKeyConstraint("member_id", "thread_id", name=op.f("pk_read_mark")),
    )
    op.create_index(op.f("ix_read_mark_brand_id"), "read_mark", ["brand_id"])
    op.create_index(op.f("ix_read_mark_thread_id"), "read_mark", ["thread_id"])
    op.create_index(
        op.f("ix_read_mark_brand_id_read_mark_read_at"), "read_mark", ["brand_id", "read_at"]
    )
    op.create_table(
        "caught_up",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("caught_up_at", MOMENT, nullable=False),
        *_of_brand("caught_up", category_id="category", member_id="member"),
        sa.PrimaryKeyConstraint("member_id", "category_id", name=op.f("pk_caught_up")),
    )
    op.create_index(op.f("ix_caught_up_brand_id"), "caught_up", ["brand_id"])
    op.create_index(op.f("ix_caught_up_category_id"), "caught_up", ["category_id"])
    op.create_table(
        "bookmark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("remind_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        *_of_brand("bookmark", member_id="member", post_id="post"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookmark")),
        sa.UniqueConstraint("member_id", "post_id", name=op.f("uq_bookmark_member_id_post_id")),
    )
    op.create_index(op.f("ix_bookmark_brand_id"), "bookmark", ["brand_id"])
    op.create_index(op.f("ix_bookmark_post_id"), "bookmark", ["post_id"])
    with op.batch_alter_table("post_revision") as batch:
        batch.add_column(sa.Column("hidden_at", MOMENT, nullable=True))
        batch.add_column(sa.Column("hidden_by_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_post_revision_brand_id_hidden_by_id_member"),
            "member",
            ["brand_id", "hidden_by_id"],
            ["brand_id", "id"],
        )


def _of_brand(name, **references):
    """The brand's column, and keys that lead to no other brand's row."""
    return [
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f(f"fk_{name}_brand_id_brand")),
        *(
            sa.ForeignKeyConstraint(
                ["brand_id", column],
                [f"{table}.brand_id", f"{table}.id"],
                name=op.f(f"fk_{name}_brand_id_{column}_{table}"),
            )
            for column, table in references.items()
        ),
    ]


def downgrade():
    with op.batch_alter_table("post_revision") as batch:
        batch.drop_constraint(
            op.f("fk_post_revision_brand_id_hidden_by_id_member"), type_="foreignkey"
        )
        batch.drop_column("hidden_by_id")
        batch.drop_column("hidden_at")
    for table in ("bookmark", "caught_up", "read_mark"):
        op.drop_table(table)
