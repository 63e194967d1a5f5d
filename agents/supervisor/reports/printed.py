"""A report on paper: the page's figures, charts and explanations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import gettext

from agents.desk.outcome_words import outcome_words
from agents.staff.formats import moment
from agents.supervisor.printing import Flowable, Sheet, as_pdf, heading, paragraph, space, table
from agents.supervisor.reports.charts import Chart
from agents.supervisor.reports.figures import FIGURES, Unit
from agents.supervisor.reports.making import Report
from agents.supervisor.reports.printed_charts import drawing, key
from agents.supervisor.reports.reading import OutcomeCount
from agents.supervisor.reports.writing import row_name, written

_NAME_WIDTH: Final = 78.0
_SHARE_WIDTH: Final = 60.0


@dataclass(frozen=True)
class ReportWords:
    """What a report is of, in the reader's words: the insurer, the line, queue and agent that it is kept to, the rows'
    kind, the figure of the second chart, titles of lines and queues, and when it was made.
    """

    insurer: str
    only: tuple[str, ...]
    rows: str
    figure: str
    titles: Callable[[str, str], str]
    zone: ZoneInfo
    since: datetime
    until: datetime
    made_at: datetime


def report_pdf(
    report: Report, charts: Sequence[tuple[str, Chart]], outcomes: Sequence[OutcomeCount], words: ReportWords
) -> bytes:
    """The PDF, in the language of the page that asks for it."""
    period = f"{moment(words.since, words.zone)} – {moment(words.until, words.zone)}"
    made = gettext(
        "made %(when)s, times are those of %(zone)s", when=moment(words.made_at, words.zone), zone=words.zone
    )
    sheet = Sheet(str(gettext("Report")), f"{words.insurer} · {period} · {made}", is_wide=True)
    parts = [
        paragraph(" · ".join((words.insurer, period, *words.only)), size=11),
        *_figures(report, words, sheet),
        *(part for name, chart in charts for part in _chart(name, chart, words, sheet)),
        *_outcomes(outcomes, words, sheet),
        heading(str(gettext("What the figures mean"))),
        *(paragraph(str(one.words), bold_first=str(one.title)) for one in FIGURES),
    ]
    return as_pdf(sheet, parts, page_words=lambda number: str(gettext("page %(number)s", number=number)))


def _figures(report: Report, words: ReportWords, sheet: Sheet) -> list[Flowable]:
    named = [(row_name(row, report.grouping, words.zone, words.titles), row) for row in report.rows]
    rows = [
        (name, *(written(row.figures[one.name], one.unit) for one in FIGURES))
        for name, row in [*named, (str(gettext("In all")), report.total)]
    ]
    head = (words.rows, *(str(one.title) for one in FIGURES))
    each = (sheet.width - _NAME_WIDTH) / len(FIGURES)
    return table(head, rows, widths=(_NAME_WIDTH, *(each for _ in FIGURES)), size=6)


def _chart(name: str, chart: Chart, words: ReportWords, sheet: Sheet) -> list[Flowable]:
    if name != "fates":
        return [heading(words.figure), drawing(chart, width=sheet.width)]
    kinds = (
        ("in-time", str(gettext("answered in time"))),
        ("late", str(gettext("answered late"))),
        ("gone", str(gettext("hung up"))),
    )
    return [heading(str(gettext("How callers fared"))), key(kinds), space(4), drawing(chart, width=sheet.width)]


def _outcomes(outcomes: Sequence[OutcomeCount], words: ReportWords, sheet: Sheet) -> list[Flowable]:
    title = heading(str(gettext("Outcomes by line")))
    if not outcomes:
        return [title, paragraph(str(gettext("No outcome was written down.")), is_soft=True)]
    in_all = sum(one.calls for one in outcomes)
    rows = [
        (
            *(words.titles("line", one.line), outcome_words(one.code)),
            *(str(one.calls), written(one.calls / in_all, Unit.SHARE)),
        )
        for one in outcomes
    ]
    head = (gettext("Phone line"), gettext("Outcome"), gettext("Calls"), gettext("Share"))
    wide = (sheet.width - 2 * _SHARE_WIDTH) / 3
    return [title, *table([str(one) for one in head], rows, widths=(wide, wide, _SHARE_WIDTH, _SHARE_WIDTH))]
