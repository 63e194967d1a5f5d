"""${message}."""

import sqlalchemy as sa
from alembic import op

from config.migrations import append_only

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """One version forward."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """One version back."""
    ${downgrades if downgrades else "pass"}
