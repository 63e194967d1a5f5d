"""The route of the funnel: a flow's own picture with how many callers came to each node, and how many left there."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup

from agents.accounts.models import Role
from agents.staff.guarding import only_for
from agents.staff.languages import language
from agents.staff.side import own_insurer, side
from agents.supervisor.flow_words import flow_title, own_title, step_title
from agents.supervisor.installed_flows import installed_flows
from agents.supervisor.reports.calls_behind import calls_behind
from agents.supervisor.reports.funnel import NodeVisits, funnel, left_inside
from agents.supervisor.reports.report_form import ReportForm, read_report_form
from agents.supervisor.reports.writing import share
from agents.supervisor.result_words import kind_words, result_words
from agents.supervisor.words import title_words
from config.line_descriptions import Insurer
from flows import FlowSet
from flows.drawing import Note, draw_part
from flows.nodes import Call, Node

bp: Final = Blueprint("funnel", __name__, url_prefix="/reports/funnel")

_MOST: Final = 15
_MARKED: Final = 3
"""Steps of a flow that are marked in its picture."""


@bp.get("")
@only_for(Role.SUPERVISOR)
def show() -> ResponseReturnValue:
    """One flow's picture in a period, and the nodes at which most callers left."""
    insurer = own_insurer()
    form = read_report_form({**request.args, "by": "line"}, zone=insurer.time_zone, now=side().centre.clock.now())
    if form.wrong:
        return make_response(_page(form, None, "", {}, []), 400)
    with side().centre.database.reading("funnel") as tx:
        flows = installed_flows(tx)
        if flows is None:
            return _page(form, None, "", {}, [])
        asked: dict[str, Any] = {
            "insurer": insurer,
            "flows": flows,
            "since": form.since,
            "until": form.until,
            "line": form.line,
        }
        visits = funnel(tx, **asked)
        titles = _titles(flows, insurer, visits)
        flow = _chosen(form, titles)
        inside = left_inside(tx, flow=flow, **asked) if flow else {}
    shown = [replace(one, inside=inside.get(one.node, 0)) if one.flow == flow else one for one in visits]
    return _page(form, flows, flow, titles, shown)


def _page(
    form: ReportForm, flows: FlowSet | None, flow: str, titles: Mapping[str, str], visits: list[NodeVisits]
) -> str:
    insurer, tongue, queue_words = own_insurer(), language(), _queue_words()
    return render_template(
        "supervisor/funnel.html",
        form=form,
        flow=flow,
        flows=sorted(titles.items(), key=lambda one: one[1]),
        picture=None if flows is None or not flow else _picture(flows, flow, visits, form),
        visits=[one for one in visits if one.left][:_MOST],
        step_words=lambda one: step_title(flows, one.flow, one.node, tongue, queue_words) if flows else one.node,
        calls_of=lambda one: _calls_of(form, one),
        picture_of=lambda one: f"{_address(form, one.flow)}#node-{one.node}",
        titles=titles,
        lines=[(one.name, one.title[tongue]) for one in insurer.lines.values()],
        share=share,
        zone=insurer.time_zone,
    )


def _titles(flows: FlowSet, insurer: Insurer, visits: list[NodeVisits]) -> dict[str, str]:
    """The flows of the insurer's lines, and those to which these lead their callers, with their titles."""
    names = [*(one.flow for one in insurer.lines.values()), *(one.flow for one in visits)]
    return {name: flow_title(flows, name) for name in names if name in flows.flows}


def _chosen(form: ReportForm, titles: Mapping[str, str]) -> str:
    """The flow that was asked for, else the line's, else the first; empty where there is none."""
    flow = request.args.get("flow", "")
    if flow in titles:
        return flow
    line = own_insurer().lines.get(form.line or "")
    return line.flow if line is not None and line.flow in titles else next(iter(titles), "")


def _picture(flows: FlowSet, flow: str, visits: list[NodeVisits], form: ReportForm) -> Markup:
    """With what is noted of each step, those where most left marked, and ways into the flows that steps lead into."""
    here = [one for one in visits if one.flow == flow]
    most = sorted((one for one in here if one.lost), key=lambda one: -one.lost)[:_MARKED]
    places = {one.node: place for place, one in enumerate(most, start=1)}
    visited, queue_words = {one.node: one for one in here}, _queue_words()
    notes = {
        name: Note(
            text=_note(visited[name]) if name in visited else "",
            title=own_title(flows, node, queue_words),
            kind=kind_words(node.type),
            place=places.get(name, 0),
            href=_way_on(form, node, visited.get(name)),
        )
        for name, node in flows.flows[flow].nodes.items()
    }
    # The drawing escapes every text itself.
    drawn = draw_part(flows.flows[flow], flows.prompts, language=language(), notes=notes, told=result_words)
    return Markup(drawn)  # noqa: S704


def _way_on(form: ReportForm, node: Node, one: NodeVisits | None) -> str:
    """Where a step's box leads: into the flow that it leads into, else to the calls that ended at it, if any."""
    if isinstance(node, Call):
        return f"{_address(form, node.flow)}#h-picture"
    return _calls_of(form, one) if one is not None and one.left else ""


def _calls_of(form: ReportForm, one: NodeVisits) -> str:
    return calls_behind(form.since, form.until, line=form.line, left=one.step)


def _note(one: NodeVisits) -> str:
    said = {"came": one.came, "left": one.lost, "share": share(one.left_share)}
    if one.inside:
        return str(gettext("came %(came)s, left in it %(left)s: %(share)s", **said))
    return str(gettext("came %(came)s, left %(left)s: %(share)s", **said))


def _queue_words() -> Callable[[str], str]:
    titles = title_words(own_insurer(), language())
    return lambda name: titles("queue", name)


def _address(form: ReportForm, flow: str) -> str:
    """The same period and line, and the picture of another flow."""
    query: dict[str, Any] = {**form.query, "flow": flow}
    return str(url_for("funnel.show", **query))
