"""moves

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ACTS = ("move", "merge", "split", "kind", "tags", "lock", "slow")
TO_THREAD = "fk_thread_brand_id_merged_into_id_thread"


def upgrade():
    with op.batch_alter_table("thread") as batch:
        batch.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch.add_column(
            sa.Column("slow_seconds", sa.Integer(), nullable=False, server_default="0")
        )
        batch.add_column(sa.Column("slow_until", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(
            sa.Column("has_notices", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("thread") as batch:
        batch.alter_column("slow_seconds", existing_type=sa.Integer(), server_default=None)
        batch.alter_column("has_notices", existing_type=sa.Boolean(), server_default=None)
        batch.create_foreign_key(
            op.f(TO_THREAD), "thread", ["brand_id", "merged_into_id"], ["brand_id", "id"]
        )
    op.create_index(op.f("ix_thread_merged_into_id"), "thread", ["merged_into_id"])
    op.create_table(
        "staff_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", _words("actkind", *ACTS), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        *_of_brand("staff_act"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _to("staff_act", "actor_id", "member"),
        _to("staff_act", "undone_by_id", "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_act")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_staff_act_brand_id_id")),
    )
    op.create_index(op.f("ix_staff_act_brand_id"), "staff_act", ["brand_id"])
    op.create_index(op.f("ix_staff_act_actor_id"), "staff_act", ["actor_id"])
    op.create_index(
        op.f("ix_staff_act_brand_id_staff_act_created_at"), "staff_act", ["brand_id", "created_at"]
    )
    op.create_table(
        "acted_thread",
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("part", _words("part", "changed", "from", "into"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        *_of_brand("acted_thread"),
        _to("acted_thread", "act_id", "staff_act"),
        _to("acted_thread", "thread_id", "thread"),
        sa.PrimaryKeyConstraint("act_id", "thread_id", name=op.f("pk_acted_thread")),
    )
    op.create_index(op.f("ix_acted_thread_brand_id"), "acted_thread", ["brand_id"])
    op.create_index(op.f("ix_acted_thread_thread_id"), "acted_thread", ["thread_id"])
    op.create_table(
        "former_place",
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("act_id", sa.Integer(), nullable=False),
        *_of_brand("former_place"),
        _to("former_place", "thread_id", "thread"),
        _to("former_place", "post_id", "post"),
        _to("former_place", "act_id", "staff_act"),
        sa.PrimaryKeyConstraint("thread_id", "number", name=op.f("pk_former_place")),
    )
    for column in ("brand_id", "post_id", "act_id"):
        op.create_index(op.f(f"ix_former_place_{column}"), "former_place", [column])


def _words(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def _of_brand(table):
    key = op.f(f"fk_{table}_brand_id_brand")
    return (
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=key),
    )


def _to(table, column, other):
    return sa.ForeignKeyConstraint(
        ["brand_id", column],
        [f"{other}.brand_id", f"{other}.id"],
        name=op.f(f"fk_{table}_brand_id_{column}_{other}"),
    )


def downgrade():
    op.drop_table("former_place")
    op.drop_table("acted_thread")
    op.drop_table("staff_act")
    op.drop_index(op.f("ix_thread_merged_into_id"), "thread")
    with op.batch_alter_table("thread") as batch:
        batch.drop_constraint(op.f(TO_THREAD), type_="foreignkey")
        for column in ("merged_into_id", "slow_seconds", "slow_until", "has_notices"):
            batch.drop_column(column)
