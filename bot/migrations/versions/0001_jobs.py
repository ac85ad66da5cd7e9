"""The job engine's tables, from its own script: procrastinate 3.10.

When a newer procrastinate brings migrations of its own, they become versions of ours; a database made here with the
newer script has them already, so such a version looks first whether there is anything to do.
"""

from alembic import op

from bot.jobs import create_schema

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply."""
    create_schema(op.get_bind())
