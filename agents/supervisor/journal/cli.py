"""`pult journal`: the electronic journal of contacts as a file."""

from collections.abc import Callable
from pathlib import Path

import click
from rich.progress import Progress as Bar

from agents.supervisor.errors import JournalTooLong
from agents.supervisor.exports.file import FileKind
from agents.supervisor.journal.asking import write_journal
from agents.supervisor.journal.slices import keeps_journal
from agents.supervisor.period import Period, read_period
from config.centre import Centre
from config.line_descriptions import Insurer
from config.terminal import operator, write_new


def journal_command(make_centre: Callable[[], Centre]) -> click.Command:
    """The command, for `pult` to mount; `make_centre` composes the centre once it really runs."""

    @click.command("journal")
    @click.option("--insurer", required=True, help="A compulsory insurer, such as oms.")
    @click.option("--since", required=True, help="The first day, 2026-11-01.")
    @click.option("--until", default="", help="The last day; until now if left out.")
    @click.option("--language", type=click.Choice(["ru", "en"]), default="ru", show_default=True)
    @click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
    def journal(insurer: str, since: str, until: str, language: str, file: Path) -> None:
        """Write the electronic journal of contacts into FILE, .xlsx or .csv: every call, reached or not. Audited."""
        centre = make_centre()
        described, kind = _insurer(centre, insurer), _kind(file)
        period = read_period(since, until, zone=described.time_zone, now=centre.clock.now())
        if period is None:
            raise click.BadParameter("expected days such as 2026-11-01, the first one before now", param_hint="--since")
        content = _made(centre, described, period, kind, language)
        write_new(file, content)
        click.echo(f"The journal is in {file}: names, policies and telephone numbers are whole in it.")

    return journal


def _made(centre: Centre, insurer: Insurer, period: Period, kind: FileKind, language: str) -> bytes:
    with Bar(transient=True) as bar:
        task = bar.add_task("journal", total=None)
        try:
            return write_journal(
                centre,
                insurer,
                since=period.since,
                until=period.until,
                kind=kind,
                language=language,
                by=operator(),
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        except JournalTooLong:
            raise click.ClickException("that is more than one file holds: ask for a shorter time") from None


def _insurer(centre: Centre, name: str) -> Insurer:
    those = [one.id for one in centre.insurers if keeps_journal(one)]
    if name not in those:
        raise click.BadParameter(f"no compulsory insurer '{name}'; one of {', '.join(those)}", param_hint="--insurer")
    return centre.insurers[name]


def _kind(file: Path) -> FileKind:
    try:
        return FileKind(file.suffix.removeprefix("."))
    except ValueError:
        raise click.BadParameter("FILE must end in .xlsx or .csv", param_hint="FILE") from None
