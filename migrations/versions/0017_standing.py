"""standing

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

COPIES = ("rank", "unlocks")
TABLES = (
    "mission",
    "mission_rule",
    "badge_award",
    "badge",
    "season_place",
    "season",
    "member_period_score",
    "member_standing",
    "rank",
)


def upgrade():
    with op.batch_alter_table("member") as batch:
        for name in COPIES:
            batch.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("member") as batch:
        for name in COPIES:
            batch.alter_column(name, existing_type=sa.String(), server_default=None)
    op.create_table(
        "rank",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("icon", sa.String(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("accepted_needed", sa.Integer(), nullable=False),
        sa.Column("unlocks", sa.String(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("threshold >= 0", name=op.f("ck_rank_threshold_is_not_negative")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_rank_brand_id_brand")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rank")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_rank_brand_id_id")),
    )
    op.create_index(op.f("ix_rank_brand_id"), "rank", ["brand_id"])
    op.create_table(
        "member_standing",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("rank_id", sa.Integer(), nullable=True),
        sa.Column("wants_listing", sa.Boolean(), nullable=False),
        sa.Column("counted_entry_id", sa.Integer(), nullable=False),
        sa.Column("influence", sa.Integer(), nullable=False),
        sa.Column("influence_parts", sa.JSON(), nullable=False),
        sa.Column("influence_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["member.brand_id", "member.id"],
            name=op.f("fk_member_standing_brand_id_member_id_member"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "rank_id"],
            ["rank.brand_id", "rank.id"],
            name=op.f("fk_member_standing_brand_id_rank_id_rank"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_member_standing_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member_standing")),
    )
    op.create_index(op.f("ix_member_standing_brand_id"), "member_standing", ["brand_id"])
    op.create_index(
        op.f("ix_member_standing_brand_id_member_standing_influence_at"),
        "member_standing",
        ["brand_id", "influence_at"],
    )
    op.create_table(
        "member_period_score",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column(
            "span",
            sa.Enum("week", "month", "season", "all", name="span", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("section_id", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["member.brand_id", "member.id"],
            name=op.f("fk_member_period_score_brand_id_member_id_member"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_member_period_score_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint(
            "member_id", "span", "period", "section_id", name=op.f("pk_member_period_score")
        ),
    )
    op.create_index(
        "ix_member_period_score_board",
        "member_period_score",
        [
            "brand_id",
            "span",
            "period",
            "section_id",
            "is_listed",
            "points",
            "reached_at",
            "member_id",
        ],
    )
    op.create_index(op.f("ix_member_period_score_brand_id"), "member_period_score", ["brand_id"])
    op.create_table(
        "season",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_season_brand_id_brand")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_season")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_season_brand_id_id")),
        sa.UniqueConstraint("brand_id", "period", name=op.f("uq_season_brand_id_period")),
    )
    op.create_index(op.f("ix_season_brand_id"), "season", ["brand_id"])
    op.create_table(
        "season_place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("season_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["member.brand_id", "member.id"],
            name=op.f("fk_season_place_brand_id_member_id_member"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "season_id"],
            ["season.brand_id", "season.id"],
            name=op.f("fk_season_place_brand_id_season_id_season"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_season_place_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_season_place")),
        sa.UniqueConstraint(
            "season_id", "member_id", name=op.f("uq_season_place_season_id_member_id")
        ),
    )
    op.create_index(op.f("ix_season_place_brand_id"), "season_place", ["brand_id"])
    op.create_index(op.f("ix_season_place_member_id"), "season_place", ["member_id"])
    op.create_table(
        "badge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_badge_brand_id_brand")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_badge")),
        sa.UniqueConstraint("brand_id", "key", name=op.f("uq_badge_brand_id_key")),
    )
    op.create_index(op.f("ix_badge_brand_id"), "badge", ["brand_id"])
    op.create_table(
        "badge_award",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("earned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_id", sa.Integer(), nullable=True),
        sa.Column("revoked_reason", sa.String(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["member.brand_id", "member.id"],
            name=op.f("fk_badge_award_brand_id_member_id_member"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "revoked_by_id"],
            ["member.brand_id", "member.id"],
            name=op.f("fk_badge_award_brand_id_revoked_by_id_member"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_badge_award_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_badge_award")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_badge_award_brand_id_id")),
    )
    op.create_index(op.f("ix_badge_award_brand_id"), "badge_award", ["brand_id"])
    op.create_index(
        op.f("ix_badge_award_member_id_badge_award_key"), "badge_award", ["member_id", "key"]
    )
    op.create_index(
        "uq_badge_award_held",
        "badge_award",
        ["member_id", "key"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
        sqlite_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "mission_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_mission_rule_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mission_rule")),
        sa.UniqueConstraint("brand_id", "key", name=op.f("uq_mission_rule_brand_id_key")),
    )
    op.create_index(op.f("ix_mission_rule_brand_id"), "mission_rule", ["brand_id"])
    op.create_table(
        "mission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "running", "done", "expired", name="missionstate", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("progress >= 0", name=op.f("ck_mission_progress_is_not_negative")),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["member.brand_id", "member.id"],
            name=op.f("fk_mission_brand_id_member_id_member"),
        ),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_mission_brand_id_brand")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mission")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_mission_brand_id_id")),
        sa.UniqueConstraint(
            "member_id", "key", "period", name=op.f("uq_mission_member_id_key_period")
        ),
    )
    op.create_index(op.f("ix_mission_brand_id"), "mission", ["brand_id"])
    op.create_index(
        op.f("ix_mission_brand_id_mission_state_mission_ends_at"),
        "mission",
        ["brand_id", "state", "ends_at"],
    )


def downgrade():
    for name in TABLES:
        op.drop_table(name)
    with op.batch_alter_table("member") as batch:
        for name in COPIES:
            batch.drop_column(name)
