"""Tables for a terminal of 80 columns: a record is a row of few cells, in each of which several facts stand one below
the other.
"""

from rich import box
from rich.markup import escape
from rich.table import Table


def record_table(*heads: str) -> Table:
    """An empty table. What the first column has is never cut: an id that is cut off cannot be used."""
    table = Table(*heads, box=box.SIMPLE_HEAD, pad_edge=False, leading=1)
    table.columns[0].no_wrap = True
    return table


def facts(*lines: str | None) -> str:
    """One cell; facts that there are not take no line."""
    return "\n".join(escape(line) for line in lines if line)
