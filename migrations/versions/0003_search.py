"""search

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "search_post",
        sa.Column("post_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("brand", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("is_solved", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column(
            "words", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=False
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_search_post")),
    )
    with op.batch_alter_table("search_post") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_search_post_words"), ["words"], postgresql_using="gin"
        )
        batch_op.create_index(batch_op.f("ix_search_post_brand_search_post_post_id"), ["brand", "post_id"])
        batch_op.create_index(batch_op.f("ix_search_post_thread_id"), ["thread_id"])
    op.create_table(
        "search_word",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("initial", sa.String(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_search_word_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_word")),
        sa.UniqueConstraint("brand_id", "word", name=op.f("uq_search_word_brand_id_word")),
    )
    with op.batch_alter_table("search_word") as batch_op:
        batch_op.create_index(batch_op.f("ix_search_word_brand_id"), ["brand_id"])
        batch_op.create_index(
            batch_op.f("ix_search_word_brand_id_search_word_initial"), ["brand_id", "initial"]
        )
    op.create_table(
        "search_state",
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("busy_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_search_state_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("brand_id", name=op.f("pk_search_state")),
    )
    op.create_table(
        "search_miss",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_search_miss_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_miss")),
        sa.UniqueConstraint(
            "brand_id", "day", "question", name=op.f("uq_search_miss_brand_id_day_question")
        ),
    )
    with op.batch_alter_table("search_miss") as batch_op:
        batch_op.create_index(batch_op.f("ix_search_miss_brand_id"), ["brand_id"])
        batch_op.create_index(batch_op.f("ix_search_miss_day"), ["day"])
    op.create_table(
        "similar_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "thread_id"],
            ["thread.brand_id", "thread.id"],
            name=op.f("fk_similar_answer_brand_id_thread_id_thread"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_similar_answer_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_similar_answer")),
    )
    with op.batch_alter_table("similar_answer") as batch_op:
        batch_op.create_index(batch_op.f("ix_similar_answer_brand_id"), ["brand_id"])
        batch_op.create_index(batch_op.f("ix_similar_answer_day"), ["day"])
        batch_op.create_index(batch_op.f("ix_similar_answer_thread_id"), ["thread_id"])


def downgrade():
    for table in ("similar_answer", "search_miss", "search_state", "search_word", "search_post"):
        op.drop_table(table)
