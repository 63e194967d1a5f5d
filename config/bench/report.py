"""The bench's report: a table for people, JSON for machines, and the machine that was measured."""

import json
import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from config.bench.figures import Finding
from config.bench.scripts import Step

Measure: TypeAlias = Callable[[Step], list[Finding]]
"""Measures something, calling the step it is given about as often as `Measurement.steps` says."""


@dataclass(frozen=True)
class Measurement:
    """One thing to measure on one database: how many steps it takes, and the measuring. Preparations find nothing."""

    part: str
    database: str
    steps: int
    measure: Measure

    @property
    def title(self) -> str:
        """What the bar and the table call it."""
        return f"{self.part} on {self.database}"


@dataclass
class Report:
    """What was found, in the order in which it was measured."""

    found: list[tuple[Measurement, list[Finding]]] = field(default_factory=list)

    @property
    def missed(self) -> int:
        """How many goals were missed."""
        return sum(one.is_met is False for _, findings in self.found for one in findings)

    def to_json(self) -> str:
        """Every figure with its unit and goal, and the machine."""
        measured = [
            {"part": one.part, "database": one.database, "findings": [_plain(finding) for finding in findings]}
            for one, findings in self.found
        ]
        return json.dumps({"machine": machine(), "missed": self.missed, "measured": measured}, indent=2)

    def to_table(self) -> Table:
        """The same for people."""
        table = Table("", "Measured", "Goal", "", title=machine())
        for measurement, findings in self.found:
            table.add_section()
            table.add_row(f"[bold]{measurement.title}", "", "", "")
            for one in findings:
                verdict = {True: "[green]met", False: "[red]missed", None: ""}[one.is_met]
                table.add_row(one.name, _shown(one.figure, one), _goal(one), verdict)
        return table


def run_bench(measurements: Iterable[Measurement], *, as_json: bool = False) -> Report:
    """Measure one after the other behind a progress bar, and print the report.

    With `as_json` standard output holds the JSON only; the bar is on standard error either way.
    """
    report = Report()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        for measurement in measurements:
            task = bar.add_task(measurement.title, total=measurement.steps)
            findings = measurement.measure(lambda task=task: bar.advance(task))  # type: ignore[misc]
            bar.update(task, completed=measurement.steps)
            if findings:
                report.found.append((measurement, findings))
    if as_json:
        click.echo(report.to_json())
    else:
        Console().print(report.to_table())
    return report


def machine() -> str:
    """What was measured on, without its name."""
    return f"{cores()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def cores() -> int:
    """How many this process, and what it starts, may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _plain(finding: Finding) -> dict[str, object]:
    return {
        "name": finding.name,
        "figure": None if finding.figure != finding.figure else round(finding.figure, 4),
        "unit": finding.unit.value,
        "goal": finding.goal,
        "is_met": finding.is_met,
    }


def _shown(figure: float, finding: Finding) -> str:
    if figure != figure:
        return "nothing measured"
    digits = 0 if figure == int(figure) else 2
    return f"{figure:,.{digits}f} {finding.unit.value}".strip()


def _goal(finding: Finding) -> str:
    if finding.goal is None:
        return ""
    return f"{'≥' if finding.at_least else '≤'} {_shown(finding.goal, finding)}"
