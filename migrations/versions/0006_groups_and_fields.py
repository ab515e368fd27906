"""groups and fields

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

HIDDEN_IS_CLOSED = "NOT is_hidden OR joining = 'closed'"
ABOUT_ONE_THING = "(post_id IS NULL) <> (group_id IS NULL)"
ORDER_NUMBERS = "is_staff_only OR kind <> 'order-number'"
WAS_PRIVATE = "was_private OR access <> 'brand'"
BY_CONSENT = "NOT was_private OR access = 'brand' OR consent_id IS NOT NULL"
KINDS = ("text", "choice", "product", "version", "order-number", "date")


def upgrade():
    _extend_groups()
    _extend_notifications()
    _create_fields()
    _create_consents()
    _extend_threads()


def downgrade():
    with op.batch_alter_table("thread") as batch:
        batch.drop_constraint(op.f("ck_thread_opened_by_consent"), type_="check")
        batch.drop_constraint(op.f("ck_thread_for_the_brand_alone_was_private"), type_="check")
        batch.drop_constraint(op.f("uq_thread_consent_id"), type_="unique")
        batch.drop_constraint(op.f("fk_thread_brand_id_consent_id_consent"), type_="foreignkey")
        for column in ("has_private_facts", "facts", "consent_id", "was_private"):
            batch.drop_column(column)
    for table in ("publication_request", "consent", "field_value", "field"):
        op.drop_table(table)
    _every_brand()
    op.execute(sa.text("DELETE FROM notification WHERE post_id IS NULL"))
    with op.batch_alter_table("notification") as batch:
        batch.drop_constraint(op.f("ck_notification_about_one_thing"), type_="check")
        for column, other in (("by_id", "member"), ("group_id", "member_group")):
            name = f"fk_notification_brand_id_{column}_{other}"
            batch.drop_constraint(op.f(name), type_="foreignkey")
            batch.drop_column(column)
        batch.alter_column("post_id", existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table("group_member") as batch:
        for column in ("answer", "declined_at", "message"):
            batch.drop_column(column)
    with op.batch_alter_table("member_group") as batch:
        batch.drop_constraint(op.f("ck_member_group_hidden_is_closed"), type_="check")
        batch.drop_column("removed_at")
        batch.drop_column("is_hidden")


def _every_brand():
    """Row-level security binds the owner of the tables too."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.set_config("community.brand_id", "*", True)))


def _moment(name):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _set(table, **columns):
    """Add columns that may not be empty to a table that may have rows: {name: (type, value)}."""
    with op.batch_alter_table(table) as batch:
        for name, (kind, value) in columns.items():
            batch.add_column(sa.Column(name, kind, nullable=False, server_default=value))
    with op.batch_alter_table(table) as batch:
        for name, (kind, _value) in columns.items():
            batch.alter_column(name, existing_type=kind, server_default=None)


def _extend_groups():
    _set("member_group", is_hidden=(sa.Boolean(), sa.false()))
    with op.batch_alter_table("member_group") as batch:
        batch.add_column(_moment("removed_at"))
        batch.create_check_constraint(op.f("ck_member_group_hidden_is_closed"), HIDDEN_IS_CLOSED)
    _set("group_member", message=(sa.String(), ""), answer=(sa.String(), ""))
    with op.batch_alter_table("group_member") as batch:
        batch.add_column(_moment("declined_at"))


def _extend_notifications():
    with op.batch_alter_table("notification") as batch:
        batch.alter_column("post_id", existing_type=sa.Integer(), nullable=True)
        for column, other in (("group_id", "member_group"), ("by_id", "member")):
            batch.add_column(sa.Column(column, sa.Integer(), nullable=True))
            batch.create_foreign_key(
                op.f(f"fk_notification_brand_id_{column}_{other}"),
                other,
                ["brand_id", column],
                ["brand_id", "id"],
            )
        batch.create_check_constraint(op.f("ck_notification_about_one_thing"), ABOUT_ONE_THING)


def _of_brand(table):
    return sa.ForeignKeyConstraint(
        ["brand_id"], ["brand.id"], name=op.f(f"fk_{table}_brand_id_brand")
    )


def _refers(table, column, other):
    return sa.ForeignKeyConstraint(
        ["brand_id", column],
        [f"{other}.brand_id", f"{other}.id"],
        name=op.f(f"fk_{table}_brand_id_{column}_{other}"),
    )


def _create_fields():
    kind = sa.Enum(*KINDS, name="fieldkind", native_enum=False, length=32)
    op.create_table(
        "field",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("kind", kind, nullable=False),
        sa.Column("help", sa.String(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("is_staff_only", sa.Boolean(), nullable=False),
        sa.Column("is_asked", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        _moment("removed_at"),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(ORDER_NUMBERS, name=op.f("ck_field_order_numbers_are_for_staff")),
        _of_brand("field"),
        _refers("field", "category_id", "category"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_field_brand_id_id")),
    )
    op.create_index(op.f("ix_field_brand_id"), "field", ["brand_id"])
    op.create_index(op.f("ix_field_category_id"), "field", ["category_id"])
    op.create_table(
        "field_value",
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("field_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        _of_brand("field_value"),
        _refers("field_value", "thread_id", "thread"),
        _refers("field_value", "field_id", "field"),
        sa.PrimaryKeyConstraint("thread_id", "field_id", name=op.f("pk_field_value")),
    )
    op.create_index(op.f("ix_field_value_brand_id"), "field_value", ["brand_id"])
    op.create_index(op.f("ix_field_value_field_id"), "field_value", ["field_id"])


def _create_consents():
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _of_brand("consent"),
        _refers("consent", "member_id", "member"),
        _refers("consent", "asked_by_id", "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_consent_brand_id_id")),
    )
    op.create_index(op.f("ix_consent_brand_id"), "consent", ["brand_id"])
    op.create_index(op.f("ix_consent_member_id"), "consent", ["member_id"])
    op.create_table(
        "publication_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        _moment("answered_at"),
        sa.Column("is_agreed", sa.Boolean(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _of_brand("publication_request"),
        _refers("publication_request", "thread_id", "thread"),
        _refers("publication_request", "asked_by_id", "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication_request")),
    )
    op.create_index(op.f("ix_publication_request_brand_id"), "publication_request", ["brand_id"])
    op.create_index(op.f("ix_publication_request_thread_id"), "publication_request", ["thread_id"])
    op.create_index(
        "uq_publication_request_waiting",
        "publication_request",
        ["thread_id"],
        unique=True,
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )


def _extend_threads():
    _set(
        "thread",
        was_private=(sa.Boolean(), sa.false()),
        facts=(sa.JSON(), "[]"),
        has_private_facts=(sa.Boolean(), sa.false()),
    )
    _every_brand()
    op.execute(sa.text("UPDATE thread SET was_private = true WHERE access = 'brand'"))
    with op.batch_alter_table("thread") as batch:
        batch.add_column(sa.Column("consent_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_thread_brand_id_consent_id_consent"),
            "consent",
            ["brand_id", "consent_id"],
            ["brand_id", "id"],
        )
        batch.create_unique_constraint(op.f("uq_thread_consent_id"), ["consent_id"])
        batch.create_check_constraint(op.f("ck_thread_for_the_brand_alone_was_private"), WAS_PRIVATE)
        batch.create_check_constraint(op.f("ck_thread_opened_by_consent"), BY_CONSENT)
