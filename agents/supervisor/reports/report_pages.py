"""The routes of the reports: the page, and its table for a spreadsheet."""

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from agents.accounts.models import Role
from agents.desk.outcome_words import outcome_words
from agents.staff.guarding import only_for
from agents.staff.languages import language
from agents.staff.side import actor, own_insurer, side
from agents.supervisor.reports.calls_behind import calls_behind
from agents.supervisor.reports.charts import Chart, bar_chart
from agents.supervisor.reports.figures import BY_NAME, FIGURES, Unit
from agents.supervisor.reports.intervals import Grouping
from agents.supervisor.reports.making import Report, ReportRow, make_report
from agents.supervisor.reports.reading import OutcomeCount, read_facts, read_outcomes
from agents.supervisor.reports.report_form import ReportForm, read_report_form
from agents.supervisor.reports.writing import as_csv, row_name, short_name, written
from agents.supervisor.words import agents_to_choose, title_words
from config.audit import audit
from config.database import Transaction

if TYPE_CHECKING:
    from agents.supervisor.reports.printed import ReportWords

bp: Final = Blueprint("reports", __name__, url_prefix="/reports")

GROUPINGS: Final = {
    Grouping.QUARTER: lazy_gettext("By 15 minutes"),
    Grouping.HALF: lazy_gettext("By 30 minutes"),
    Grouping.HOUR: lazy_gettext("By the hour"),
    Grouping.DAY: lazy_gettext("By day"),
    Grouping.LINE: lazy_gettext("By line"),
    Grouping.QUEUE: lazy_gettext("By queue"),
    Grouping.AGENT: lazy_gettext("By agent"),
}


@bp.get("")
@only_for(Role.SUPERVISOR)
def show() -> ResponseReturnValue:
    """The report that the address asks for: days, codes and names of figures stand in it, nobody's data."""
    form = _form()
    if form.wrong:
        return make_response(_page(form), 400)
    _write_down(form, "report_made")
    with side().centre.database.reading("make_report") as tx:
        report, outcomes = _report(tx, form), _outcomes(tx, form)
    return _page(form, report=report, outcomes=outcomes)


@bp.get("/table.csv")
@only_for(Role.SUPERVISOR)
def table() -> ResponseReturnValue:
    """The same report for a spreadsheet."""
    form = _form()
    if form.wrong:
        abort(400)
    _write_down(form, "report_exported")
    with side().centre.database.reading("export_report") as tx:
        report = _report(tx, form)
    zone, words = own_insurer().time_zone, title_words(own_insurer(), language())
    first = str(GROUPINGS[form.grouping])
    text = as_csv(report, zone=zone, title=words, first=first, total=gettext("In all"))
    name = f"pult-{form.since.astimezone(zone):%Y-%m-%d}-{form.grouping}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, content_type="text/csv; charset=utf-8", headers=headers)


@bp.get("/report.pdf")
@only_for(Role.SUPERVISOR)
def pdf() -> ResponseReturnValue:
    """The same report to print: figures, charts and what the figures mean."""
    # Takes long to import, and only who prints needs it.
    from agents.supervisor.reports.printed import report_pdf

    form = _form()
    if form.wrong:
        abort(400)
    _write_down(form, "report_printed")
    with side().centre.database.reading("print_report") as tx:
        report, outcomes = _report(tx, form), _outcomes(tx, form)
    content = report_pdf(report, _charts(report, form), outcomes, _words_to_print(form))
    name = f"pult-{form.since.astimezone(own_insurer().time_zone):%Y-%m-%d}-{form.grouping}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, content_type="application/pdf", headers=headers)


def _words_to_print(form: ReportForm) -> "ReportWords":
    from agents.supervisor.reports.printed import ReportWords

    insurer = own_insurer()
    titles = title_words(insurer, language())
    kept_to = (
        *((titles("line", form.line),) if form.line else ()),
        *((titles("queue", form.queue),) if form.queue else ()),
        *((form.agent,) if form.agent else ()),
    )
    return ReportWords(
        insurer=str(insurer.title[language()]),
        only=kept_to,
        rows=str(GROUPINGS[form.grouping]),
        figure=str(BY_NAME[form.figure].title),
        titles=titles,
        zone=insurer.time_zone,
        since=form.since,
        until=form.until,
        made_at=side().centre.clock.now(),
    )


def _form() -> ReportForm:
    return read_report_form(request.args, zone=own_insurer().time_zone, now=side().centre.clock.now())


def _write_down(form: ReportForm, action: str) -> None:
    """In the audit, before anything is shown; by itself, so that nobody waits to write while a month is read."""
    now = side().centre.clock.now()
    with side().centre.database.transaction("note_report") as tx:
        audit(
            tx,
            insurer_id=own_insurer().id,
            at=now,
            actor=actor(),
            action=action,
            subject_kind="report",
            subject_id="",
            **{name: value for name, value in form.query.items() if name in ("line", "queue", "agent")},
            by=form.grouping.value,
            since=form.since.isoformat(),
            until=form.until.isoformat(),
        )


def _report(tx: Transaction, form: ReportForm) -> Report:
    insurer, period = own_insurer(), {"since": form.since, "until": form.until}
    facts = read_facts(tx, insurer=insurer, at=side().centre.clock.now(), **period)
    facts = facts.only(line=form.line, queue=form.queue, agent=form.agent)
    return make_report(facts, grouping=form.grouping, zone=insurer.time_zone, **period)


def _outcomes(tx: Transaction, form: ReportForm) -> list[OutcomeCount]:
    return read_outcomes(
        tx,
        insurer=own_insurer(),
        since=form.since,
        until=form.until,
        line=form.line,
        queue=form.queue,
        agent=form.agent,
    )


def _page(form: ReportForm, *, report: Report | None = None, outcomes: list[OutcomeCount] | None = None) -> str:
    insurer = own_insurer()
    with side().centre.database.reading("report_form") as tx:
        agents = agents_to_choose(tx, insurer)
    words = title_words(insurer, language())
    return render_template(
        "supervisor/reports.html",
        form=form,
        report=report,
        outcomes=outcomes or [],
        figures=FIGURES,
        chosen=BY_NAME[form.figure],
        written=written,
        charts=() if report is None else _charts(report, form),
        row_name=lambda row: row_name(row, form.grouping, insurer.time_zone, words),
        day_words=_day_words,
        calls_of=lambda row: _calls_of(row, form),
        calls_with=lambda one: _calls_with(one, form),
        agents=agents,
        groupings=[(one.value, title) for one, title in GROUPINGS.items()],
        lines=[(one.name, one.title[language()]) for one in insurer.lines.values()],
        queues=[(one.name, one.title[language()]) for one in insurer.queues.values()],
        title_words=words,
        outcome_words=outcome_words,
        zone=insurer.time_zone,
    )


def _charts(report: Report, form: ReportForm) -> list[tuple[str, Chart]]:
    """How callers fared, and the figure that was chosen."""
    zone, words = own_insurer().time_zone, title_words(own_insurer(), language())
    names = [short_name(row, report.grouping, zone, words) for row in report.rows]
    figure = BY_NAME[form.figure]
    values = [row.figures[figure.name] for row in report.rows]
    stacks = [[("plain", value)] if value is not None else [] for value in values]
    most = 1.0 if figure.unit is Unit.SHARE else None
    return [
        ("fates", bar_chart(names, [_fates(row) for row in report.rows], written=lambda value: f"{value:g}")),
        ("figure", bar_chart(names, stacks, written=lambda value: written(value, figure.unit), most=most)),
    ]


def _fates(row: ReportRow) -> list[tuple[str, float]]:
    """Nothing of a row in which nobody called."""
    one = row.facts.answering
    parts = (("in-time", one.in_time), ("late", one.answered - one.in_time), ("gone", one.abandoned + one.short))
    return [(kind, float(count)) for kind, count in parts if count]


def _calls_of(row: ReportRow, form: ReportForm) -> str:
    """The calls behind a row, in the log."""
    own = {"line": form.line, "queue": form.queue, "agent": form.agent}
    if row.name:
        own[form.grouping.value] = row.name
    return calls_behind(row.since, row.until, **own)


def _calls_with(one: OutcomeCount, form: ReportForm) -> str:
    """The calls that were counted for this outcome, in the log."""
    own = {"queue": form.queue, "agent": form.agent, "only": "counted"}
    return calls_behind(form.since, form.until, line=one.line, outcome=one.code, **own)


def _day_words(row: ReportRow) -> str:
    """What is odd about a row's day: a holiday, or the short day before one."""
    insurer = own_insurer()
    day = row.since.astimezone(insurer.time_zone).date()
    if insurer.calendar.is_short_day(day):
        return str(gettext("short day"))
    return str(gettext("day off")) if insurer.calendar.is_day_off(day) else ""
