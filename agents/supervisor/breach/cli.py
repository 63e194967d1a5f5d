"""`pult audit breach`: the report from a terminal."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Printed

from agents.staff.off_page import speaking
from agents.supervisor.breach.files import BreachFile, breach_file
from agents.supervisor.breach.report import BreachReport, breach_report
from agents.supervisor.breach.suspects import Suspects
from agents.supervisor.breach.tables import Table, tables
from agents.supervisor.period import read_period
from config.centre import Centre
from config.terminal import known_insurer, operator, write_new

_LEAST_WIDTH: Final = 18
"""Of a column: a moment and the borders."""


def breach_command(make_centre: Callable[[], Centre]) -> click.Command:
    """The command, for `pult audit`; `make_centre` composes the centre once it really runs."""

    @click.command("breach")
    @click.option("--since", required=True, help="When it began: 2026-11-24 or 2026-11-24T12:30.")
    @click.option("--until", default="", help="When it ended; until now if left out.")
    @click.option("--account", "accounts", multiple=True, help="A suspected account or agent's code; may be repeated.")
    @click.option("--token", "tokens", multiple=True, help="A suspected token of another system, by its name.")
    @click.option("--address", "addresses", multiple=True, help="An address from which somebody signed in.")
    @click.option("--insurer", default=None, help="Only this insurer's.")
    @click.option("--language", type=click.Choice(["ru", "en"]), default="ru", show_default=True)
    @click.option("--json", "as_json", is_flag=True, help="For machines.")
    @click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="Write .xlsx, .pdf or .csv (people).")
    def breach(
        since: str,
        until: str,
        accounts: tuple[str, ...],
        tokens: tuple[str, ...],
        addresses: tuple[str, ...],
        insurer: str | None,
        language: str,
        as_json: bool,
        file: Path | None,
    ) -> None:
        """Whose data was touched, by whom and when: of everybody, or of whom you suspect. Audited.

        With --file people are named whole, for the notice to them; of one --insurer.
        """
        centre, kind = make_centre(), _kind(file)
        if insurer is not None:
            known_insurer(centre, insurer)
        if file is not None and insurer is None:
            raise click.UsageError("--file needs --insurer: each insurer tells its own insured people")
        suspects = Suspects(accounts, tokens, addresses)
        for described in centre.insurers:
            if insurer in (None, described.id):
                period = read_period(since, until, zone=described.time_zone, now=centre.clock.now())
                if period is None:
                    raise click.BadParameter("expected 2026-11-24 or 2026-11-24T12:30, before now and --until")
                report = breach_report(centre, described, period, suspects, by=operator(), file=kind)
                _show(report, language, as_json=as_json)
                if file is not None and kind is not None:
                    write_new(file, breach_file(report, kind, language=language))
                    click.echo(f"The report is in {file}: people are named whole in it.")

    return breach


def _show(report: BreachReport, language: str, *, as_json: bool) -> None:
    with speaking(language, report.insurer.time_zone):
        found = tables(report, is_whole=False)
    if as_json:
        told = {one.name: [dict(zip(one.head, row, strict=True)) for row in one.rows] for one in found[1:]}
        summary = {row[0]: row[1] for row in found[0].rows}
        click.echo(json.dumps({"insurer": report.insurer.id, "summary": summary, **told}, ensure_ascii=False))
        return
    console = Console()
    for one in found:
        if one.rows:
            is_cramped = console.width < len(one.head) * _LEAST_WIDTH
            console.print(_in_blocks(one) if is_cramped else _printed(one))


def _in_blocks(table: Table) -> Printed:
    """A block for each row, with each column's name beside what it has; what is empty is left out."""
    printed = Printed(title=table.title, title_justify="left", show_header=False, box=None, pad_edge=False)
    printed.add_column(no_wrap=True)
    printed.add_column(overflow="fold")
    for row in table.rows:
        for name, cell in zip(table.head, row, strict=True):
            if cell:
                printed.add_row(escape(name), escape(cell))
        printed.add_row()
    return printed


def _printed(table: Table) -> Printed:
    printed = Printed(title=table.title, title_justify="left", show_header=any(table.head))
    for name in table.head:
        # Folded and not cut: an id that is not whole finds nothing.
        printed.add_column(name, overflow="fold")
    for row in table.rows:
        printed.add_row(*(escape(cell) for cell in row))
    return printed


def _kind(file: Path | None) -> BreachFile | None:
    if file is None:
        return None
    try:
        return BreachFile(file.suffix.removeprefix("."))
    except ValueError:
        raise click.BadParameter("--file must end in .xlsx, .pdf or .csv") from None
