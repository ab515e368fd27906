"""back office

Revision ID: 0011
Revises: 0010
"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

AT_ONCE = 1000  # members
# Letters that do not decompose into a Latin letter and an accent.
LETTERS = str.maketrans({
    "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "ß": "ss", "ẞ": "SS", "Ø": "O", "ø": "o",
    "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Þ": "Th", "þ": "th", "Ł": "L", "ł": "l",
    "\u0131": "i", "Ħ": "H", "ħ": "h", "Ŋ": "N", "ŋ": "n", "Ŧ": "T", "ŧ": "t", "ĸ": "k",
    "€": " euro ", "&": " ", "½": " 1-2 ", "¼": " 1-4 ", "¾": " 3-4 ", "\u2019": "-",
})  # fmt: skip


def upgrade():
    _create_staff_note()
    _create_staff_change()
    _create_other_address("tag_synonym", "tag")
    _create_other_address("former_category", "category")
    with op.batch_alter_table("delivery") as batch:
        batch.add_column(sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("discarded_reason", sa.String(), nullable=True))
    with op.batch_alter_table("member") as batch:
        batch.add_column(sa.Column("name_key", sa.String(), nullable=False, server_default=""))
    _fill_name_keys()
    with op.batch_alter_table("member") as batch:
        batch.alter_column("name_key", existing_type=sa.String(), server_default=None)
        batch.create_index(op.f("ix_member_brand_id_member_name_key"), ["brand_id", "name_key"])
        batch.create_index(op.f("ix_member_brand_id_member_created_at"), ["brand_id", "created_at"])


def downgrade():
    with op.batch_alter_table("member") as batch:
        batch.drop_index(op.f("ix_member_brand_id_member_created_at"))
        batch.drop_index(op.f("ix_member_brand_id_member_name_key"))
        batch.drop_column("name_key")
    with op.batch_alter_table("delivery") as batch:
        batch.drop_column("discarded_reason")
        batch.drop_column("discarded_at")
    for table in ("former_category", "tag_synonym", "staff_change", "staff_note"):
        op.drop_table(table)


# -- Tables ----------------------------------------------------------------


def _create_staff_note():
    op.create_table(
        "staff_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _of_brand("staff_note"),
        _refers("staff_note", "author_id", "member"),
        _refers("staff_note", "member_id", "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_note")),
    )
    op.create_index(op.f("ix_staff_note_brand_id"), "staff_note", ["brand_id"])
    op.create_index(op.f("ix_staff_note_member_id"), "staff_note", ["member_id"])


def _create_staff_change():
    op.create_table(
        "staff_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _of_brand("staff_change"),
        _refers("staff_change", "by_id", "member"),
        _refers("staff_change", "member_id", "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_change")),
    )
    for column in ("brand_id", "by_id", "member_id"):
        op.create_index(op.f(f"ix_staff_change_{column}"), "staff_change", [column])


def _create_other_address(name, of):
    """A table of addresses that lead to a row of the table `of`."""
    column = f"{of}_id"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column(column, sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        _of_brand(name),
        _refers(name, column, of),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("brand_id", "slug", name=op.f(f"uq_{name}_brand_id_slug")),
    )
    op.create_index(op.f(f"ix_{name}_brand_id"), name, ["brand_id"])
    op.create_index(op.f(f"ix_{name}_{column}"), name, [column])


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


# -- Names as they are looked up -------------------------------------------


def _fill_name_keys():
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":  # row-level security binds the owner too
        connection.execute(sa.select(sa.func.set_config("community.brand_id", "*", True)))
    member = sa.table("member", sa.column("id"), sa.column("name"), sa.column("name_key"))
    last = 0
    while True:
        after = sa.select(member.c.id, member.c.name).where(member.c.id > last)
        rows = connection.execute(after.order_by(member.c.id).limit(AT_ONCE)).all()
        if not rows:
            return
        one = sa.update(member).where(member.c.id == sa.bindparam("of"))
        connection.execute(
            one.values(name_key=sa.bindparam("key")),
            [{"of": id_, "key": _unaccented(name)} for id_, name in rows],
        )
        last = rows[-1].id


def _unaccented(name):
    spelt = unicodedata.normalize("NFKD", name.translate(LETTERS))
    return "".join(c for c in spelt if not unicodedata.combining(c)).casefold()
