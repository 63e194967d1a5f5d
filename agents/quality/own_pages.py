"""The routes of an agent's own evaluations: look at them, hear one's own conversation, dispute."""

from typing import Final

from flask import Blueprint, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from agents.desk.desks import needs_an_agent, own_desk
from agents.errors import OutOfSight
from agents.quality import disputes
from agents.quality.errors import NotDisputable
from agents.quality.evaluation_view import EvaluationView, evaluation_view, own_recordings
from agents.quality.evaluations import note
from agents.quality.parts import library, page_or_part
from agents.quality.searching import Place, evaluations_of
from agents.staff.entrance import AT_A_DESK
from agents.staff.failures import Words, page
from agents.staff.guarding import only_for
from agents.staff.languages import language
from agents.staff.parts import refused_page
from agents.staff.side import own_insurer, side, staff
from agents.supervisor.one_call.recording_pages import sound_of_link
from agents.supervisor.words import title_words
from recordings import playing_conversations
from recordings.errors import NotThere

bp: Final = Blueprint("own_quality", __name__, url_prefix="/desk/evaluations", template_folder="templates")
bp.before_request(needs_an_agent)


@bp.errorhandler(OutOfSight)
def unknown(_error: OutOfSight) -> ResponseReturnValue:
    """There is no such evaluation, or it is a colleague's."""
    return page(404, Words(lazy_gettext("There is no such evaluation"), lazy_gettext("Go on from the list of them.")))


@bp.get("")
@only_for(*AT_A_DESK)
def all_own() -> ResponseReturnValue:
    """One's own, the newest first."""
    with side().centre.database.reading("own_evaluations") as tx:
        found = evaluations_of(tx, agent_id=own_desk().agent_id, after=Place.read(request.args.get("after", "")))
    return page_or_part("own_list", found=found, title_words=title_words(own_insurer(), language()))


@bp.get("/<evaluation_id>")
@only_for(*AT_A_DESK)
def show(evaluation_id: str) -> ResponseReturnValue:
    """One of one's own, with one's own conversation to hear; the look is audited."""
    return _shown(evaluation_id)


@bp.post("/<evaluation_id>/dispute")
@only_for(*AT_A_DESK)
def dispute(evaluation_id: str) -> ResponseReturnValue:
    """Object, once, with a reason."""
    desk = own_desk()
    try:
        disputes.dispute(
            side().centre,
            insurer_id=desk.insurer_id,
            evaluation_id=evaluation_id,
            agent_id=desk.agent_id,
            code=desk.code,
            reason=request.form.get("reason", ""),
        )
    except NotDisputable:
        error = gettext("It cannot be disputed like this: write why, within the days for it, and once.")
        return make_response(_shown(evaluation_id, error=error), 400)
    return redirect(url_for("own_quality.show", evaluation_id=evaluation_id), 303)


@bp.post("/<evaluation_id>/recordings/<recording_id>/play")
@only_for(*AT_A_DESK)
def play(evaluation_id: str, recording_id: str) -> ResponseReturnValue:
    """A link to the sound of one's own conversation, for a few minutes; audited."""
    _refuse_others(evaluation_id, recording_id)
    try:
        link = playing_conversations.play(
            side().centre,
            insurer_id=staff().insurer_id,
            recording_id=recording_id,
            session_id=staff().session_id,
            actor=own_desk().code,
        )
    except NotThere:
        return refused_page(lazy_gettext("This recording cannot be heard: its sound is not here."))
    url = url_for(
        "own_quality.sound", evaluation_id=evaluation_id, recording_id=recording_id, until=link.until, key=link.key
    )
    return jsonify(url=url)


@bp.get("/<evaluation_id>/recordings/<recording_id>/sound")
@only_for(*AT_A_DESK)
def sound(evaluation_id: str, recording_id: str) -> ResponseReturnValue:
    """The sound, or the part of it that is asked for."""
    _refuse_others(evaluation_id, recording_id)
    return sound_of_link(recording_id)


def _shown(evaluation_id: str, *, error: str = "") -> str:
    view = _looked_at(evaluation_id)
    return render_template(
        "quality/own_evaluation.html",
        view=view,
        mode="read",
        missing=(),
        error=error,
        may_dispute=disputes.is_disputable(view.row, side().centre.clock),
        longest_reason=disputes.LONGEST_REASON,
        play_address=lambda recording_id: url_for(
            "own_quality.play", evaluation_id=evaluation_id, recording_id=recording_id
        ),
        title_words=title_words(own_insurer(), language()),
    )


def _looked_at(evaluation_id: str) -> EvaluationView:
    desk, now = own_desk(), side().centre.clock.now()
    with side().centre.database.transaction("show_own_evaluation") as tx:
        row = disputes.own_evaluation(tx, desk.insurer_id, evaluation_id, desk.agent_id)
        row.agent_seen_at = row.agent_seen_at or now
        note(tx, row, "evaluation_shown", by=desk.code, at=now)
        return evaluation_view(tx, library(), row)


def _refuse_others(evaluation_id: str, recording_id: str) -> None:
    """Raises OutOfSight for a recording that is not of the agent's conversation in this evaluated call."""
    desk = own_desk()
    with side().centre.database.reading("own_evaluated_recording") as tx:
        row = disputes.own_evaluation(tx, desk.insurer_id, evaluation_id, desk.agent_id)
        if recording_id not in {part.id for part in own_recordings(tx, row)}:
            raise OutOfSight(recording_id)
