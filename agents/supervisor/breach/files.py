"""The report as a file: a workbook of all its tables, or the people alone as CSV; no cell can be a formula."""

import io
from enum import StrEnum
from typing import assert_never

from agents.staff.off_page import speaking
from agents.supervisor.breach.report import BreachReport
from agents.supervisor.breach.tables import people, tables
from agents.supervisor.export_file import as_csv, harmless


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
                rows = [[harmless(cell) for cell in row] for row in (table.head, *table.rows)]
                return as_csv(rows, with_mark=True)
            case BreachFile.XLSX:
                return _workbook(report)
            case BreachFile.PDF:
                from agents.supervisor.breach.printing import breach_pdf

                return breach_pdf(report)
            case _ as never:
                assert_never(never)


def _workbook(report: BreachReport) -> bytes:
    # Takes long to import, and nothing else in this process may need it.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for table in tables(report, is_whole=True):
        sheet = book.create_sheet(table.name)
        for row in (table.head, *table.rows):
            sheet.append([harmless(cell) for cell in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
