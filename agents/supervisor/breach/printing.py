"""The report after a breach on paper, for the inquiry: every table, people by name, policy and telephone."""

from typing import Final

from flask_babel import gettext

from agents.staff.formats import moment, worded
from agents.supervisor.breach.report import BreachReport
from agents.supervisor.breach.tables import Table, tables
from agents.supervisor.printing import Flowable, Sheet, as_pdf, heading, paragraph, table

_SUMMARY_WIDTH: Final = 160.0
# Setting a thousand rows takes seconds; nobody reads more of them on paper, and the workbook has them all.
_MOST_ROWS: Final = 1000
# Ids and words of acts are long, counts short: shares of the width by the column's longest cell, within these.
_LEAST_SIGNS: Final = 12
_MOST_SIGNS: Final = 32


def breach_pdf(report: BreachReport) -> bytes:
    """The PDF, within `speaking`."""
    title = str(gettext("After a breach: whose data was touched"))
    made = f"{worded(report.insurer.title)} · {moment(report.made_at, report.insurer.time_zone)}"
    sheet = Sheet(title, made, is_wide=True)
    parts = [part for one in tables(report, is_whole=True) for part in _table(one, sheet)]
    return as_pdf(sheet, parts, page_words=lambda number: str(gettext("page %(number)s", number=number)))


def _table(one: Table, sheet: Sheet) -> list[Flowable]:
    if not one.rows:
        return [heading(one.title), paragraph(str(gettext("Nothing.")), is_soft=True)]
    if not any(one.head):
        widths = [_SUMMARY_WIDTH, sheet.width - _SUMMARY_WIDTH]
        return [heading(one.title), *table(one.head, one.rows, widths=widths, size=9)]
    longest = [max(len(row[column]) for row in (one.head, *one.rows)) for column in range(len(one.head))]
    signs = [min(max(length, _LEAST_SIGNS), _MOST_SIGNS) for length in longest]
    widths = [sheet.width * own / sum(signs) for own in signs]
    parts = [heading(f"{one.title}: {len(one.rows)}"), *table(one.head, one.rows[:_MOST_ROWS], widths=widths, size=7)]
    if len(one.rows) > _MOST_ROWS:
        told = gettext("The first %(count)s; all of them are in the XLSX file.", count=_MOST_ROWS)
        parts.append(paragraph(str(told)))
    return parts
