"""The report as a file: a workbook of all its tables, or the people alone as CSV; no cell can be a formula."""

from enum import StrEnum
from typing import assert_never

from agents.staff.off_page import speaking
from agents.supervisor.breach.report import BreachReport
from agents.supervisor.breach.tables import people, tables
from agents.supervisor.exports.file import Sheet, as_csv, as_xlsx


class BreachFile(StrEnum):
    """What it may be taken as."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


TYPES = {
    BreachFile.CSV: "text/csv; charset=utf-8",
    BreachFile.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    BreachFile.PDF: "application/pdf",
}


def breach_file(report: BreachReport, kind: BreachFile, *, language: str) -> bytes:
    """The file, with people whole: for the notice to them and to the authority."""
    with speaking(language, report.insurer.time_zone):
        match kind:
            case BreachFile.CSV:
                table = people(report, is_whole=True)
                return as_csv((table.head, *table.rows))
            case BreachFile.XLSX:
                return as_xlsx(Sheet(one.name, one.head, one.rows, one.holds) for one in tables(report, is_whole=True))
            case BreachFile.PDF:
                from agents.supervisor.breach.printing import breach_pdf

                return breach_pdf(report)
            case _ as never:
                assert_never(never)
