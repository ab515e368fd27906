"""speed

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SEEN = ["state", "access", "author_id", "is_pinned", "category_id"]
IN_CATEGORY = ["category_id", "last_post_at", "id"]
FOLLOWS = "(section_id IS NULL) = (category_id IS NULL)"
LISTS = {
    "ix_thread_by_activity": ["brand_id", "last_post_at", "id", *SEEN],
    "ix_thread_by_activity_in_section": ["section_id", "last_post_at", "id", *SEEN],
    "ix_thread_by_activity_in_category": [*IN_CATEGORY, *SEEN[:-1]],
    "ix_thread_by_age": ["brand_id", "created_at", "id", *SEEN],
    "ix_thread_by_age_in_section": ["section_id", "created_at", "id", *SEEN],
}
BEFORE = {
    "ix_thread_brand_id_thread_state_thread_last_post_at": ["brand_id", "state", "last_post_at"],
    "ix_thread_category_id_thread_state_thread_last_post_at": [
        "category_id",
        "state",
        "last_post_at",
    ],
}


def upgrade():
    op.create_table(
        "counted_figures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("helpers", sa.JSON(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_counted_figures_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counted_figures")),
        sa.UniqueConstraint("brand_id", name=op.f("uq_counted_figures_brand_id")),
    )
    op.create_index(op.f("ix_counted_figures_brand_id"), "counted_figures", ["brand_id"])
    with op.batch_alter_table("thread") as batch:
        batch.add_column(sa.Column("section_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("tag_line", sa.String(), nullable=False, server_default=""))
    _fill()
    with op.batch_alter_table("thread") as batch:
        batch.alter_column("tag_line", existing_type=sa.String(), server_default=None)
        batch.create_check_constraint(op.f("ck_thread_section_follows_category"), FOLLOWS)
        batch.create_foreign_key(
            op.f("fk_thread_brand_id_section_id_category"),
            "category",
            ["brand_id", "section_id"],
            ["brand_id", "id"],
        )
    for name in BEFORE:
        op.drop_index(name, "thread")
    for name, columns in LISTS.items():
        op.create_index(name, "thread", columns)
    _create_index_where("ix_thread_unanswered", ["brand_id", "created_at", "id"], "posts_count = 1")
    _create_index_where("ix_thread_pinned", ["category_id"], "is_pinned")


def _create_index_where(name, columns, condition):
    where = sa.text(condition)
    op.create_index(name, "thread", columns, postgresql_where=where, sqlite_where=where)


def _fill():
    """Every brand's threads: row-level security binds the tables' owner too."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT set_config('community.brand_id', '*', true)")
        together = "string_agg(slug, ' ')"
    else:
        together = "group_concat(slug, ' ')"
    op.execute(
        "UPDATE thread SET section_id ="
        " (SELECT coalesce(c.parent_id, c.id) FROM category c WHERE c.id = thread.category_id)"
    )
    op.execute(
        f"UPDATE thread SET tag_line = coalesce((SELECT {together} FROM"
        " (SELECT t.slug FROM tag t JOIN thread_tag u ON u.tag_id = t.id"
        " WHERE u.thread_id = thread.id ORDER BY t.slug) AS of_thread), '')"
    )


def downgrade():
    for name in [*LISTS, "ix_thread_unanswered", "ix_thread_pinned"]:
        op.drop_index(name, "thread")
    with op.batch_alter_table("thread") as batch:
        batch.drop_constraint(op.f("fk_thread_brand_id_section_id_category"), type_="foreignkey")
        batch.drop_constraint(op.f("ck_thread_section_follows_category"), type_="check")
        batch.drop_column("tag_line")
        batch.drop_column("section_id")
    for name, columns in BEFORE.items():
        op.create_index(name, "thread", columns)
    op.drop_table("counted_figures")
