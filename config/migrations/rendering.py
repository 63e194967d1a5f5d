"""How a generated migration is written: plain column types, the guard of append-only tables, no empty versions."""

from collections.abc import Iterable
from typing import Any, Literal

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, MigrationScript, ops
from alembic.runtime.migration import MigrationContext

from config.database import Instant


class GuardOp(MigrateOperation):
    """Guard one table after it was made."""

    def __init__(self, table: str) -> None:
        self.table = table


@renderers.dispatch_for(GuardOp)
def _render_guard(_context: AutogenContext, guard: GuardOp) -> str:
    return f'append_only.guard(op.get_bind(), "{guard.table}")'


def render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Instants as the plain type beneath: a migration must not change when the application's types do."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


def drop_empty(
    _context: MigrationContext, _revision: Any, scripts: Iterable[MigrationScript] | list[MigrationScript]
) -> None:
    """Write no version where nothing changed, and guard the append-only tables that a version makes."""
    for script in list(scripts):
        upgrade = script.upgrade_ops
        if upgrade is None or upgrade.is_empty():
            del scripts[:]  # type: ignore[union-attr]  # alembic's way to say: write nothing
            return
        made = [one for one in upgrade.ops if isinstance(one, ops.CreateTableOp)]
        upgrade.ops.extend(GuardOp(one.table_name) for one in made if one.info.get("append_only"))
