"""The route of the funnel: a flow's own picture with how many callers came to each node, and how many left there."""

from base64 import b64encode
from typing import Final

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agents.accounts.models import Role
from agents.staff.guarding import only_for
from agents.staff.languages import language
from agents.staff.side import own_insurer, side
from agents.supervisor.reports.funnel import NodeVisits, funnel, installed_flows
from agents.supervisor.reports.report_form import ReportForm, read_report_form
from agents.supervisor.reports.writing import share
from config.line_descriptions import Insurer
from flows import FlowSet
from flows.drawing import draw_svg

bp: Final = Blueprint("funnel", __name__, url_prefix="/reports/funnel")

_MOST: Final = 15


@bp.get("")
@only_for(Role.SUPERVISOR)
def show() -> ResponseReturnValue:
    """One flow's picture in a period, and the nodes at which most callers left."""
    insurer = own_insurer()
    form = read_report_form({**request.args, "by": "line"}, zone=insurer.time_zone, now=side().centre.clock.now())
    if form.wrong:
        return make_response(_page(form, None, []), 400)
    with side().centre.database.reading("funnel") as tx:
        flows = installed_flows(tx)
        period = {"since": form.since, "until": form.until}
        visits = [] if flows is None else funnel(tx, insurer=insurer, flows=flows, line=form.line, **period)
    return _page(form, flows, visits)


def _page(form: ReportForm, flows: FlowSet | None, visits: list[NodeVisits]) -> str:
    insurer, tongue = own_insurer(), language()
    shown = _to_choose(flows, insurer, visits) if flows else {}
    flow = request.args.get("flow", "")
    if flow not in shown:
        line = insurer.lines.get(form.line or "")
        flow = line.flow if line is not None else next(iter(shown), "")
    return render_template(
        "supervisor/funnel.html",
        form=form,
        flow=flow,
        flows=sorted(shown.items(), key=lambda one: one[1]),
        picture=None if flows is None or flow not in shown else _picture(flows, flow, visits),
        visits=[one for one in visits if one.left][:_MOST],
        titles=shown,
        lines=[(one.name, one.title[tongue]) for one in insurer.lines.values()],
        share=share,
        zone=insurer.time_zone,
    )


def _to_choose(flows: FlowSet, insurer: Insurer, visits: list[NodeVisits]) -> dict[str, str]:
    """The flows of the insurer's lines, and those to which these lead their callers, with their titles."""
    names = [*(one.flow for one in insurer.lines.values()), *(one.flow for one in visits)]
    return {name: flows.flows[name].title for name in names if name in flows.flows}


def _picture(flows: FlowSet, flow: str, visits: list[NodeVisits]) -> str:
    """As an address: inside the page its own styles would be refused."""
    notes = {one.node: _note(one) for one in visits if one.flow == flow}
    svg = draw_svg(flows.flows[flow], flows.prompts, language=language(), notes=notes)
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def _note(one: NodeVisits) -> str:
    words = gettext(
        "came %(came)s, left %(left)s: %(share)s", came=one.came, left=one.left, share=share(one.left_share)
    )
    return str(words)
