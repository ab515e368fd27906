"""polls

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("thread") as batch:
        batch.add_column(
            sa.Column("has_poll", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("thread") as batch:
        batch.alter_column("has_poll", existing_type=sa.Boolean(), server_default=None)
    op.create_table(
        "poll",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("voting", _words("voting", "one", "several", "ranked"), nullable=False),
        sa.Column("max_choices", sa.Integer(), nullable=False),
        sa.Column("is_secret", sa.Boolean(), nullable=False),
        sa.Column("may_change", sa.Boolean(), nullable=False),
        sa.Column("results", _words("results", "always", "voted", "closed"), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.Column("ballots_count", sa.Integer(), nullable=False),
        sa.Column("tally", sa.JSON(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _same_brand("poll", "thread_id", "thread"),
        _same_brand("poll", "author_id", "member"),
        _same_brand("poll", "closed_by_id", "member"),
        _of_brand("poll"),
        sa.CheckConstraint(
            "NOT (is_secret AND may_change)", name=op.f("ck_poll_secret_votes_stay")
        ),
        sa.CheckConstraint("max_choices >= 1", name=op.f("ck_poll_something_is_chosen")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_poll_brand_id_id")),
        sa.UniqueConstraint("thread_id", name=op.f("uq_poll_thread_id")),
    )
    op.create_index(op.f("ix_poll_brand_id"), "poll", ["brand_id"])
    op.create_table(
        "poll_option",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("poll_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("former_label", sa.String(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        _same_brand("poll_option", "poll_id", "poll"),
        _of_brand("poll_option"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_option")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_poll_option_brand_id_id")),
    )
    op.create_index(op.f("ix_poll_option_brand_id"), "poll_option", ["brand_id"])
    op.create_index(op.f("ix_poll_option_poll_id"), "poll_option", ["poll_id"])
    op.create_table(
        "ballot",
        sa.Column("poll_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=True),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        _same_brand("ballot", "poll_id", "poll"),
        _same_brand("ballot", "member_id", "member"),
        _of_brand("ballot"),
        sa.PrimaryKeyConstraint("poll_id", "member_id", name=op.f("pk_ballot")),
    )
    op.create_index(op.f("ix_ballot_brand_id"), "ballot", ["brand_id"])
    op.create_index(op.f("ix_ballot_member_id"), "ballot", ["member_id"])


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
    op.drop_table("ballot")
    op.drop_table("poll_option")
    op.drop_table("poll")
    with op.batch_alter_table("thread") as batch:
        batch.drop_column("has_poll")
