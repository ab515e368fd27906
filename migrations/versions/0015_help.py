"""help

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("thread") as batch:
        batch.add_column(
            sa.Column("same_here_count", sa.Integer(), nullable=False, server_default="0")
        )
    with op.batch_alter_table("thread") as batch:
        batch.alter_column("same_here_count", existing_type=sa.Integer(), server_default=None)
    with op.batch_alter_table("category") as batch:
        batch.add_column(sa.Column("unanswered_hours", sa.Integer(), nullable=True))
    op.create_table(
        "same_here",
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _same_brand("same_here", "thread_id", "thread"),
        _same_brand("same_here", "member_id", "member"),
        _of_brand("same_here"),
        sa.PrimaryKeyConstraint("thread_id", "member_id", name=op.f("pk_same_here")),
    )
    op.create_index(op.f("ix_same_here_brand_id"), "same_here", ["brand_id"])
    op.create_index(op.f("ix_same_here_member_id"), "same_here", ["member_id"])
    op.create_table(
        "solution_rating",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("reader", sa.String(64), nullable=False),
        sa.Column("is_solved", sa.Boolean(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _same_brand("solution_rating", "thread_id", "thread"),
        _same_brand("solution_rating", "post_id", "post"),
        _same_brand("solution_rating", "member_id", "member"),
        _of_brand("solution_rating"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_solution_rating")),
    )
    for columns in (["brand_id"], ["member_id"], ["thread_id", "reader"],
                    ["brand_id", "created_at"]):  # fmt: skip
        name = op.f("ix_solution_rating_" + "_solution_rating_".join(columns))
        op.create_index(name, "solution_rating", columns)
    op.create_table(
        "referral",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("stage", _words("stage", "waiting", "done", "answered"), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("handled_by_id", sa.Integer(), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _same_brand("referral", "thread_id", "thread"),
        _same_brand("referral", "member_id", "member"),
        _same_brand("referral", "handled_by_id", "member"),
        _of_brand("referral"),
        sa.CheckConstraint(
            "(stage = 'waiting') = (handled_at IS NULL)",
            name=op.f("ck_referral_handled_at_a_moment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_referral_brand_id_id")),
        sa.UniqueConstraint("thread_id", "member_id", name=op.f("uq_referral_thread_id_member_id")),
    )
    for columns in (["brand_id"], ["member_id"], ["brand_id", "stage", "created_at"]):
        op.create_index(op.f("ix_referral_" + "_referral_".join(columns)), "referral", columns)
    op.create_table(
        "question_wait",
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("told", sa.String(10), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _same_brand("question_wait", "thread_id", "thread"),
        _of_brand("question_wait"),
        sa.PrimaryKeyConstraint("thread_id", "told", name=op.f("pk_question_wait")),
    )
    op.create_index(op.f("ix_question_wait_brand_id"), "question_wait", ["brand_id"])


def _words(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def _of_brand(table):
    return sa.ForeignKeyConstraint(
        ["brand_id"], ["brand.id"], name=op.f(f"fk_{table}_brand_id_brand")
    )


def _same_brand(table, column, other):
    return sa.ForeignKeyConstraint(
        ["brand_id", column],
        [f"{other}.brand_id", f"{other}.id"],
        name=op.f(f"fk_{table}_brand_id_{column}_{other}"),
    )


def downgrade():
    for table in ("question_wait", "referral", "solution_rating", "same_here"):
        op.drop_table(table)
    with op.batch_alter_table("category") as batch:
        batch.drop_column("unanswered_hours")
    with op.batch_alter_table("thread") as batch:
        batch.drop_column("same_here_count")
