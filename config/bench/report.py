"""The bench's report: a table for people, JSON for machines, and the machine that was measured."""

import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from config.bench.figures import Finding
from config.bench.turns import Step

Measure: TypeAlias = Callable[[Step], list[Finding]]
"""Measures something, calling the step it is given as often as `Measurement.steps` says."""


@dataclass(frozen=True)
class Measurement:
    """One part of the bench: what it is called, how many steps it takes, and the measuring."""

    title: str
    steps: int
    measure: Measure


def run_bench(measurements: Sequence[Measurement], *, as_json: bool = False) -> bool:
    """Measure one after the other behind a progress bar, print the report, and say whether every goal was met.

    With `as_json` standard output holds the JSON only; the bar goes to standard error.
    """
    findings: dict[str, list[Finding]] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=as_json), transient=True) as bar:
        for measurement in measurements:
            task = bar.add_task(measurement.title, total=measurement.steps)
            findings[measurement.title] = measurement.measure(lambda task=task: bar.advance(task))  # type: ignore[misc]
            bar.update(task, completed=measurement.steps)
    if as_json:
        click.echo(to_json(findings))
    else:
        Console().print(to_table(findings))
    return all(finding.is_met is not False for found in findings.values() for finding in found)


def to_json(findings: dict[str, list[Finding]]) -> str:
    """Every figure with its unit and goal, and the machine."""
    return json.dumps(
        {
            "machine": machine(),
            "measurements": {title: [_plain(one) for one in found] for title, found in findings.items()},
        },
        indent=2,
    )


def to_table(findings: dict[str, list[Finding]]) -> Table:
    """The same for people."""
    table = Table("", "Measured", "Goal", "", title=machine())
    for title, found in findings.items():
        table.add_section()
        table.add_row(f"[bold]{title}", "", "", "")
        for one in found:
            verdict = {True: "[green]met", False: "[red]missed", None: ""}[one.is_met]
            table.add_row(f"{one.name} {one.note}".strip(), _shown(one.figure, one), _goal(one), verdict)
    return table


def machine() -> str:
    """What was measured on, without its name."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def _plain(finding: Finding) -> dict[str, object]:
    return {
        "name": finding.name,
        "figure": None if finding.figure != finding.figure else round(finding.figure, 4),
        "unit": finding.unit.value,
        "goal": finding.goal,
        "is_met": finding.is_met,
    }


def _shown(figure: float, finding: Finding) -> str:
    digits = 0 if figure == int(figure or 0) else 2
    return f"{figure:,.{digits}f} {finding.unit.value}".strip()


def _goal(finding: Finding) -> str:
    if finding.goal is None:
        return ""
    return f"{'≥' if finding.at_least else '≤'} {_shown(finding.goal, finding)}"
