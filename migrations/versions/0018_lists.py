"""lists

Revision ID: 0018
Revises: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SEEN = ["state", "access", "author_id", "is_pinned"]
BEFORE = {
    "ix_thread_by_activity_in_section": ["section_id", "last_post_at", "id", *SEEN, "category_id"],
    "ix_thread_by_activity_in_category": ["category_id", "last_post_at", "id", *SEEN],
    "ix_thread_by_age_in_section": ["section_id", "created_at", "id", *SEEN, "category_id"],
}


def upgrade():
    """A scan of an index that lacks the brand reads every row for it."""
    _replace({name: [*columns, "brand_id"] for name, columns in BEFORE.items()})


def downgrade():
    _replace(BEFORE)


def _replace(indexes):
    for name, columns in indexes.items():
        op.drop_index(name, "thread")
        op.create_index(name, "thread", columns)
