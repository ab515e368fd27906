"""answers

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

COPIES = ("answer_mark", "answer_excerpt")


def upgrade():
    with op.batch_alter_table("thread") as batch:
        batch.add_column(sa.Column("answer_id", sa.Integer(), nullable=True))
        for name in COPIES:
            batch.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("post") as batch:
        column = sa.Column("is_certified", sa.Boolean(), nullable=False, server_default=sa.false())
        batch.add_column(column)
    with op.batch_alter_table("thread") as batch:
        for name in COPIES:
            batch.alter_column(name, existing_type=sa.String(), server_default=None)
    with op.batch_alter_table("post") as batch:
        batch.alter_column("is_certified", existing_type=sa.Boolean(), server_default=None)
    op.create_table(
        "certification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("certified_by_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("source_url", sa.String(), nullable=False),
        sa.Column("review_by", sa.Date(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by_id", sa.Integer(), nullable=True),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (cause = '')", name=op.f("ck_certification_lifted_for_a_cause")
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "certified_by_id"],
            ["member.brand_id", "member.id"],
            name=op.f("fk_certification_brand_id_certified_by_id_member"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "lifted_by_id"],
            ["member.brand_id", "member.id"],
            name=op.f("fk_certification_brand_id_lifted_by_id_member"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "owner_id"],
            ["member.brand_id", "member.id"],
            name=op.f("fk_certification_brand_id_owner_id_member"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "post_id"],
            ["post.brand_id", "post.id"],
            name=op.f("fk_certification_brand_id_post_id_post"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_certification_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_certification_brand_id_id")),
    )
    op.create_index(op.f("ix_certification_brand_id"), "certification", ["brand_id"], unique=False)
    op.create_index(
        op.f("ix_certification_brand_id_certification_review_by"),
        "certification",
        ["brand_id", "review_by"],
        unique=False,
    )
    op.create_index(op.f("ix_certification_post_id"), "certification", ["post_id"], unique=False)
    op.create_index(
        "uq_certification_holding",
        "certification",
        ["post_id"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
        sqlite_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "stale_vote",
        sa.Column("certification_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "certification_id"],
            ["certification.brand_id", "certification.id"],
            name=op.f("fk_stale_vote_brand_id_certification_id_certification"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["member.brand_id", "member.id"],
            name=op.f("fk_stale_vote_brand_id_member_id_member"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_stale_vote_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("certification_id", "member_id", name=op.f("pk_stale_vote")),
    )
    op.create_index(op.f("ix_stale_vote_brand_id"), "stale_vote", ["brand_id"], unique=False)
    op.create_index(op.f("ix_stale_vote_member_id"), "stale_vote", ["member_id"], unique=False)


def downgrade():
    op.drop_table("stale_vote")
    op.drop_table("certification")
    with op.batch_alter_table("post") as batch:
        batch.drop_column("is_certified")
    with op.batch_alter_table("thread") as batch:
        for name in ("answer_id", *COPIES):
            batch.drop_column(name)
