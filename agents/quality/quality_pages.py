"""The routes around evaluations: what to evaluate next, disputes, the list, and how questions are answered."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from agents.accounts.models import Role
from agents.models import Agent
from agents.quality.calibrations import calibrations_of, veiled
from agents.quality.drawing import quotas
from agents.quality.models import Evaluation, EvaluationState
from agents.quality.parts import RESULTS, STATES, evaluator, library, page_or_part
from agents.quality.question_figures import QUESTION_FIGURES, question_rows
from agents.quality.searching import EvaluationSearch, Place, ResultKind, search_evaluations
from agents.staff.guarding import only_for
from agents.staff.languages import language, zone
from agents.staff.side import own_insurer, side
from agents.supervisor.search_form import read_form
from agents.supervisor.words import actor, agents_to_choose, title_words
from config.audit import audited_reading
from config.database import Transaction

bp: Final = Blueprint("quality", __name__, url_prefix="/quality", template_folder="templates")

_FIELDS: Final = ("period", "from", "to", "agent", "line", "card", "result")
_LONGEST: Final = 60
_MOST: Final = 50


@bp.get("")
@only_for(Role.SUPERVISOR)
def show() -> ResponseReturnValue:
    """What there is to do: disputes, drafts, what is drawn to be evaluated, calibrations."""
    centre, insurer, by = side().centre, own_insurer(), evaluator()
    with centre.database.reading("quality_to_do") as tx:
        disputed = _rows(tx, Evaluation.state == EvaluationState.DISPUTED)
        drafts = _rows(tx, Evaluation.state == EvaluationState.DRAFT)
        drawn = quotas(tx, centre, insurer, by=by, at=centre.clock.now())
        calibrations = calibrations_of(tx, insurer, by, most=_MOST)
    return page_or_part(
        "to_do",
        disputed=disputed,
        drafts=drafts,
        by=by,
        quotas=drawn,
        calibrations=calibrations,
        rules=insurer.quality,
        cards=library().cards_of(insurer),
        title_words=title_words(insurer, language()),
    )


@bp.get("/waiting")
@only_for(Role.SUPERVISOR)
def waiting() -> ResponseReturnValue:
    """How many disputes wait for an answer, for the head of every supervisor's page."""
    of_insurer = (Evaluation.insurer_id == own_insurer().id, Evaluation.state == EvaluationState.DISPUTED)
    with side().centre.database.reading("disputes_waiting") as tx:
        count = tx.scalar(select(func.count()).select_from(Evaluation).where(*of_insurer))
    return render_template("quality/waiting.html", count=count)


@bp.get("/list")
@only_for(Role.SUPERVISOR)
def found() -> ResponseReturnValue:
    """Evaluations by agent, line, card, days and result, the newest first."""
    centre, insurer, now = side().centre, own_insurer(), side().centre.clock.now()
    typed = _typed()
    with audited_reading(centre.database, "search_evaluations") as tx:
        page = search_evaluations(
            tx,
            insurer=insurer,
            wanted=_wanted(typed),
            by=actor(),
            at=now,
            after=Place.read(request.args.get("after", "")),
        )
        hidden = veiled(tx, page.evaluations, evaluator())
        agents = agents_to_choose(tx, insurer)
    return render_template(
        "quality/list.html",
        found=page,
        hidden=hidden,
        typed=typed,
        go_on={**{name: value for name, value in typed.items() if value}, "after": str(page.go_on_at or "")},
        states=STATES,
        results=RESULTS,
        **_choices(agents),
    )


@bp.get("/questions")
@only_for(Role.SUPERVISOR)
def questions() -> ResponseReturnValue:
    """How the questions of each card were answered, for the same choice of evaluations."""
    insurer, typed = own_insurer(), _typed()
    with side().centre.database.reading("question_figures") as tx:
        rows = question_rows(tx, library(), insurer=insurer, wanted=_wanted(typed))
        agents = agents_to_choose(tx, insurer)
    return render_template(
        "quality/questions.html", rows=rows, figures=QUESTION_FIGURES, typed=typed, **_choices(agents)
    )


def _typed() -> dict[str, str]:
    typed = {name: request.args.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
    days = read_form(typed, zone=zone(), now=side().centre.clock.now()).typed
    return typed | {name: days[name] for name in ("period", "from", "to")}


def _wanted(typed: Mapping[str, str]) -> EvaluationSearch:
    days = read_form(typed, zone=zone(), now=side().centre.clock.now()).wanted
    return EvaluationSearch(
        since=days.since,
        until=days.until,
        agent=typed["agent"] or None,
        line=typed["line"] or None,
        card=typed["card"] or None,
        result=ResultKind(typed["result"]) if typed["result"] in list(ResultKind) else None,
    )


def _choices(agents: list[tuple[str, str]]) -> dict[str, object]:
    insurer = own_insurer()
    return {
        "agents": agents,
        "lines": [(one.name, one.title[language()]) for one in insurer.lines.values()],
        "cards": [(one.name, one.title[language()]) for one in library().cards_of(insurer)],
        "title_words": title_words(insurer, language()),
    }


def _rows(tx: Transaction, *conditions: Any) -> list[tuple[Evaluation, str]]:
    statement = (
        select(Evaluation, Agent.code)
        .join(Agent, Agent.id == Evaluation.agent_id)
        .where(Evaluation.insurer_id == own_insurer().id, *conditions)
        .order_by(Evaluation.disputed_at, Evaluation.id)
        .limit(_MOST)
    )
    return [(row, code) for row, code in tx.execute(statement)]
