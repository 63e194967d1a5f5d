"""The routes of the report after a breach: the page, masked, and its files, which name people whole: an
administrator's alone.
"""

from typing import Final

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue

from agents.accounts.models import Role
from agents.staff.guarding import only_for
from agents.staff.languages import language
from agents.staff.side import actor, own_insurer, side, staff
from agents.supervisor.audit.pages import READERS
from agents.supervisor.breach.files import TYPES, BreachFile, breach_file
from agents.supervisor.breach.report import BreachReport, breach_report
from agents.supervisor.breach.suspects import Suspects
from agents.supervisor.breach.tables import tables
from agents.supervisor.period import Period, read_period

bp: Final = Blueprint("breach", __name__, url_prefix="/audit/breach")

TAKERS: Final = (Role.ADMINISTRATOR,)
"""Supervisors see people masked everywhere; without a suspect the file has everybody whole."""
_FIELDS: Final = ("from", "to", "accounts", "tokens", "addresses")
_CHAIN: Final = "chain"
"""Ticked, the page walks the audit's chain too, which takes a minute for each million entries or so."""
_LONGEST: Final = 500
_MOST_ROWS: Final = 200


@bp.get("")
@only_for(*READERS)
def show() -> ResponseReturnValue:
    """The form, and the report that it asks for. Days, accounts and addresses stand in the address, nobody insured."""
    typed, period = _typed(), _period()
    is_asked = any(typed.values())
    if is_asked and period is None:
        return make_response(_page(typed, is_wrong=True), 400)
    return _page(typed, report=_report(period, has_chain=_CHAIN in request.args) if period is not None else None)


@bp.get("/file.<kind>")
@only_for(*TAKERS)
def take(kind: str) -> ResponseReturnValue:
    """The same as a file for the notice, the chain always verified; its taker is on record with everybody in it."""
    period = _period()
    if period is None or kind not in list(BreachFile):
        abort(400)
    report = _report(period, file=kind)
    response: Response = make_response(breach_file(report, BreachFile(kind), language=language()))
    response.headers["Content-Type"] = TYPES[BreachFile(kind)]
    name = f"breach-{report.made_at:%Y-%m-%d}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _for_field(written: str) -> str:
    """A day alone is not shown by a field of day and hour."""
    return f"{written}T00:00" if len(written) == len("2026-11-23") else written[: len("2026-11-23T12:30")]


def _typed() -> dict[str, str]:
    return {name: request.args.get(name, "").strip()[:_LONGEST] for name in _FIELDS}


def _period() -> Period | None:
    typed, now = _typed(), side().centre.clock.now()
    return read_period(typed["from"], typed["to"], zone=own_insurer().time_zone, now=now)


def _report(period: Period, *, file: str | None = None, has_chain: bool = True) -> BreachReport:
    typed = _typed()
    suspects = Suspects(*(tuple(typed[name].replace(",", " ").split()) for name in _FIELDS[2:]))
    return breach_report(
        side().centre, own_insurer(), period, suspects, by=actor(), file=file, has_chain=has_chain
    )


def _page(typed: dict[str, str], *, report: BreachReport | None = None, is_wrong: bool = False) -> str:
    shown = {**typed, "from": _for_field(typed["from"]), "to": _for_field(typed["to"])}
    return render_template(
        "supervisor/breach.html",
        typed=shown,
        is_wrong=is_wrong,
        has_chain=_CHAIN in request.args,
        report=report,
        tables=tables(report, is_whole=False) if report is not None else (),
        kinds=list(BreachFile) if staff().roles & {*TAKERS} else [],
        asked={name: value for name, value in typed.items() if value},
        most=_MOST_ROWS,
    )
