"""The routes of an agent's own work: callbacks, tasks, messages, requests, missed calls, shifts."""

from datetime import timedelta
from typing import Final

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from agents.at_work import my_work
from agents.at_work.my_work import MyWork
from agents.at_work.work_shown import note_work_shown
from agents.desk.outcome_words import action_words, outcome_words
from agents.desk.request_words import due_words, kind_words, step_words
from agents.errors import ChangedMeanwhile, OutOfSight
from agents.staff.entrance import AT_A_DESK
from agents.staff.guarding import only_for
from agents.staff.languages import language
from agents.staff.parts import part, refused_page
from agents.staff.side import actor, own_insurer, side, staff
from config.audit import audited_reading
from ivr.calls.errors import RequestUnknown, StepRefused
from recordings.errors import NotThere, RecordingError
from recordings.playing_messages import play_message

bp: Final = Blueprint("work", __name__, url_prefix="/desk", template_folder="templates")

_CHANGED: Final = lazy_gettext("This has moved on meanwhile. Look at it again.")
_NOT_YOURS: Final = lazy_gettext("This is not in your work.")


@bp.before_request
def _needs_an_agent() -> None:
    """A supervisor may take calls too, if there is an agent's row for it."""
    if staff().agent_id is None:
        abort(403)


@bp.get("/my-work")
@only_for(*AT_A_DESK)
def show() -> ResponseReturnValue:
    """All of it; whose calls and requests are on it is audited."""
    insurer = own_insurer()
    return part(
        "desk/my_work.html",
        gettext("My work"),
        work=_work_shown(),
        action_words=action_words,
        day_long=timedelta(hours=24),
        due_words=lambda at: due_words(at, insurer),
        kind_words=kind_words,
        outcome_words=outcome_words,
        queue_words=lambda name: insurer.queues[name].title[language()] if name in insurer.queues else name,
        step_words=step_words,
    )


@bp.get("/my-work/summary")
@only_for(*AT_A_DESK)
def summary() -> ResponseReturnValue:
    """How much of it there is, for the desk."""
    return part("desk/my_work_summary.html", gettext("My work"), work=_work())


@bp.post("/my-work/done")
@only_for(*AT_A_DESK)
def done() -> ResponseReturnValue:
    """What an outcome left to be done is done."""
    try:
        my_work.finish_task(side().floor, **_agent(), outcome_id=request.form.get("outcome", ""))
    except OutOfSight:
        return refused_page(_NOT_YOURS)
    except ChangedMeanwhile:
        return refused_page(_CHANGED)
    return redirect(url_for("work.show"), 303)


@bp.post("/my-work/move")
@only_for(*AT_A_DESK)
def move() -> ResponseReturnValue:
    """Bring one of the requests on to its next step."""
    form = request.form
    shown = {"request_id": form.get("request", ""), "stood_at": form.get("stood_at", ""), "step": form.get("step", "")}
    try:
        my_work.move_own_request(side().floor, **_agent(), **shown)
    except OutOfSight:
        return refused_page(_NOT_YOURS)
    except ChangedMeanwhile:
        return refused_page(_CHANGED)
    except (StepRefused, RequestUnknown):
        return refused_page(lazy_gettext("This step cannot follow."))
    return redirect(url_for("work.show"), 303)


@bp.get("/messages/<recording_id>/sound")
@only_for(*AT_A_DESK)
def sound(recording_id: str) -> ResponseReturnValue:
    """The message as a WAV file; who plays it is audited before the first byte goes out."""
    try:
        played = play_message(
            side().centre, insurer_id=staff().insurer_id, recording_id=recording_id, actor=_agent()["code"]
        )
    except NotThere:
        abort(404)
    except RecordingError:
        return refused_page(lazy_gettext("The message cannot be unsealed. Tell the administrator."), 410)
    return Response(played, mimetype="audio/wav")


def _work() -> MyWork:
    now = side().centre.clock.now()
    with side().centre.database.reading("my_work") as tx:
        return my_work.my_work(tx, insurer=own_insurer(), agent_id=staff().agent_id or "", at=now)


def _work_shown() -> MyWork:
    now, agent_id = side().centre.clock.now(), staff().agent_id or ""
    with audited_reading(side().centre.database, "show_work") as tx:
        work = my_work.my_work(tx, insurer=own_insurer(), agent_id=agent_id, at=now)
        note_work_shown(
            tx,
            work,
            insurer_id=staff().insurer_id,
            agent_id=agent_id,
            actor=actor(),
            at=now,
            is_opened=request.headers.get("Sec-Fetch-Dest") != "empty",
        )
    return work


def _agent() -> dict[str, str]:
    return {"insurer_id": staff().insurer_id, "code": staff().agent_code or ""}
