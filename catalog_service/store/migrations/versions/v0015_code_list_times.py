"""When a code list got its content: checks that rest on it are made again (Art. 25)."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("code_list", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
