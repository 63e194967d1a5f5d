"""`pult insured`: load rosters and look at records, from the terminal."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from config.audit import audited_reading
from config.centre import Centre
from config.errors import TableError
from config.line_descriptions import Insurer
from config.terminal import operator
from ivr.cli import Composed
from ivr.insured.cards import Card, show_cards
from ivr.insured.columns import title
from ivr.insured.roster import ImportReport, Mode, import_roster, write_problems
from ivr.insured.roster_records import Change
from ivr.insured.roster_rows import RowProblem

_MOST_SHOWN: Final = 20
_CHANGES: Final = {Change.NEW: "new", Change.CHANGED: "changed", Change.UNCHANGED: "unchanged"}


@click.group("insured")
def insured() -> None:
    """The insured people: load rosters, look at records."""


@insured.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--insurer", required=True, help="Whose roster it is: a file's name in config/lines, such as vsk.")
@click.option("--sheet", help="The workbook's sheet; else the first that has the columns.")
@click.option("--dry-run", is_flag=True, help="Read and compare everything, load nothing.")
@click.option("--all-or-nothing", is_flag=True, help="Load nothing if any row is wrong (one long transaction).")
@click.option(
    "--errors", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write the problems to a CSV file."
)
@click.pass_obj
def import_(
    house: Composed,
    file: Path,
    insurer: str,
    sheet: str | None,
    dry_run: bool,
    all_or_nothing: bool,
    errors: Path | None,
) -> None:
    """Load a roster (XLSX or CSV) into the insured records.

    Headers may be Russian or English. The same file loaded again changes nothing. Exit status 1 if any row is wrong.
    """
    centre = house.centre
    known = _insurer(centre, insurer)
    mode = Mode.DRY_RUN if dry_run else Mode.ALL_OR_NOTHING if all_or_nothing else Mode.GOOD_ROWS
    try:
        report = _import_with_progress(centre, file, known, mode, sheet)
    except TableError as error:
        raise click.ClickException(str(error)) from None
    _show(report)
    if errors is not None:
        with errors.open("w", encoding="utf-8-sig", newline="") as target:
            write_problems(report.problems, target)
    if report.errors:
        raise SystemExit(1)


@insured.command("show")
@click.option("--insurer", required=True, help="Whose record it is.")
@click.option("--id", "insured_id", help="The record's id, as the call log shows it; asks for a policy number without.")
@click.pass_obj
def show(house: Composed, insurer: str, insured_id: str | None) -> None:
    """Show records, masked. Every look is audited. The policy number is asked for, so that no history keeps it."""
    centre = house.centre
    known = _insurer(centre, insurer)
    policy = None if insured_id is not None else _asked_number()
    now = centre.clock.now()
    with audited_reading(centre.database, "show_insured") as tx:
        cards = show_cards(tx, insurer=known, by=operator(), at=now, policy=policy, insured_id=insured_id)
    if not cards:
        raise click.ClickException("no such record")
    for card in cards:
        _show_card(card)


def _asked_number() -> str:
    """Typed unseen at a terminal, or the first line of what is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    return str(click.prompt("Policy number", hide_input=True))


def _insurer(centre: Centre, insurer_id: str) -> Insurer:
    if insurer_id not in centre.insurers:
        raise click.BadParameter(f"one of {', '.join(centre.insurers.ids)}", param_hint="--insurer")
    return centre.insurers[insurer_id]


def _import_with_progress(
    centre: Centre, file: Path, insurer: Insurer, mode: Mode, sheet: str | None
) -> ImportReport:
    """The bar goes to stderr, and only where somebody looks."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True) if console.is_terminal else None
    task = None if bar is None else bar.add_task(file.name, total=None)

    def tell(done: int, of: int) -> None:
        if bar is not None and task is not None:
            bar.update(task, completed=done / 2, total=of / 2)

    with bar or nullcontext():
        return import_roster(
            centre, file, insurer_id=insurer.id, by=operator(), mode=mode, sheet=sheet, progress=tell
        )


def _show(report: ImportReport) -> None:
    for problem in report.problems[:_MOST_SHOWN]:
        click.echo(_problem_line(problem), err=True)
    if len(report.problems) > _MOST_SHOWN:
        click.echo(f"... and {len(report.problems) - _MOST_SHOWN} more; --errors FILE writes them all", err=True)
    if report.ignored_columns:
        places = ", ".join(map(str, report.ignored_columns))
        click.echo(f"not read: column {places}, whose header is not known", err=True)
    counted = ", ".join(f"{report.counts[change]} {word}" for change, word in _CHANGES.items())
    click.echo(f"{report.rows} rows: {counted}, {report.bad_rows} wrong. {_verdict(report)}")


def _verdict(report: ImportReport) -> str:
    if not report.is_loaded:
        return "Nothing was loaded."
    if not report.counts[Change.NEW] and not report.counts[Change.CHANGED]:
        return "Nothing has changed."
    return "Loaded."


def _problem_line(problem: RowProblem) -> str:
    kind = "warning: " if problem.is_warning else ""
    column = "" if problem.column is None else f"'{title(problem.column)}' "
    return f"line {problem.line}: {kind}{column}{problem.reason}"


def _show_card(card: Card) -> None:
    table = Table(title=f"{card.initials} {card.born_in}", show_header=False, title_justify="left")
    limits = [f"{name}: {left.used} of {left.limit or 'no limit'}" for name, left in card.limits]
    for label, value in (
        ("record", card.insured_id),
        ("policy", card.policy),
        ("programme", card.programme),
        ("valid", f"{card.first_day:%d.%m.%Y} – {card.last_day:%d.%m.%Y}"),
        ("services", ", ".join(card.services)),
        ("exclusions", ", ".join(card.exclusions)),
        ("used", "; ".join(limits)),
        ("deductible", card.deductible),
        ("curator", card.curator or ""),
        ("telephones", ", ".join(card.phones)),
    ):
        table.add_row(label, value)
    Console().print(table)

