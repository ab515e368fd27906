"""messages

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NEW = (
    ("member", "mails_messages", sa.Boolean(), sa.true()),
    ("thread_member", "speaks_for_brand", sa.Boolean(), sa.false()),
    ("thread_member", "read_number", sa.Integer(), "0"),
)
ADDED_BY = "fk_thread_member_brand_id_added_by_id_member"


def upgrade():
    for table, name, kind, default in NEW:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column(name, kind, nullable=False, server_default=default))
        with op.batch_alter_table(table) as batch:
            batch.alter_column(name, existing_type=kind, server_default=None)
    with op.batch_alter_table("thread_member") as batch:
        batch.add_column(sa.Column("added_by_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f(ADDED_BY), "member", ["brand_id", "added_by_id"], ["brand_id", "id"]
        )
    op.create_table(
        "block",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("blocked_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _same_brand("block", "member_id", "member"),
        _same_brand("block", "blocked_id", "member"),
        _of_brand("block"),
        sa.PrimaryKeyConstraint("member_id", "blocked_id", name=op.f("pk_block")),
    )
    op.create_index(op.f("ix_block_brand_id"), "block", ["brand_id"])
    op.create_index(op.f("ix_block_blocked_id"), "block", ["blocked_id"])
    op.create_table(
        "message_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=False),
        sa.Column(
            "wrong",
            _words("wrong", "harassment", "spam", "personal", "illegal", "other"),
            nullable=False,
        ),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("outcome", _words("outcome", "kept", "hidden"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _same_brand("message_report", "post_id", "post"),
        _same_brand("message_report", "reporter_id", "member"),
        _same_brand("message_report", "decided_by_id", "member"),
        _of_brand("message_report"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_report")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_message_report_brand_id_id")),
        sa.UniqueConstraint(
            "post_id", "reporter_id", name=op.f("uq_message_report_post_id_reporter_id")
        ),
    )
    for column in ("brand_id", "reporter_id", "decided_at"):
        op.create_index(op.f(f"ix_message_report_{column}"), "message_report", [column])
    op.create_table(
        "report_reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _same_brand("report_reading", "report_id", "message_report"),
        _same_brand("report_reading", "reader_id", "member"),
        _of_brand("report_reading"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_reading")),
    )
    op.create_index(op.f("ix_report_reading_brand_id"), "report_reading", ["brand_id"])
    op.create_index(op.f("ix_report_reading_report_id"), "report_reading", ["report_id"])


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
    op.drop_table("report_reading")
    op.drop_table("message_report")
    op.drop_table("block")
    with op.batch_alter_table("thread_member") as batch:
        batch.drop_constraint(op.f(ADDED_BY), type_="foreignkey")
        batch.drop_column("added_by_id")
    for table, name, _kind, _default in reversed(NEW):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(name)
