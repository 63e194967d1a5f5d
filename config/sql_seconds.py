"""How long something lasted, computed by the database itself: the same seconds from SQLite and from PostgreSQL."""

from typing import Any, TypeAlias

from sqlalchemy import Float, SQLColumnExpression
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

_Instant: TypeAlias = SQLColumnExpression[Any]


class SecondsBetween(FunctionElement[float]):
    """Seconds from one instant to another, to the millisecond; null where one of them is."""

    type = Float()
    name = "seconds_between"
    inherit_cache = True


def seconds_between(since: _Instant, until: _Instant) -> SecondsBetween:
    """How many seconds after `since` is `until`; both are instants."""
    return SecondsBetween(since, until)


@compiles(SecondsBetween, "postgresql")
def _on_postgresql(element: SecondsBetween, compiler: Any, **options: Any) -> str:
    since, until = (compiler.process(one, **options) for one in element.clauses)
    return f"round(extract(epoch FROM ({until} - {since})), 3)::float8"


@compiles(SecondsBetween, "sqlite")
def _on_sqlite(element: SecondsBetween, compiler: Any, **options: Any) -> str:
    # A julian day is kept to some ten microseconds: without rounding, 80 seconds are a hair more or less.
    since, until = (compiler.process(one, **options) for one in element.clauses)
    return f"round((julianday({until}) - julianday({since})) * 86400.0, 3)"
