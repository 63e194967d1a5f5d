"""The desk's part in a recording: shown in the call's controls, paused and gone on with by the agent."""

from typing import Final

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agents.at_work.recording_commands import pause_recording
from agents.desk.desks import needs_an_agent, own_desk
from agents.errors import AgentError
from agents.staff.entrance import AT_A_DESK
from agents.staff.guarding import only_for
from agents.staff.parts import refused_text
from agents.staff.side import side
from recordings.pauses import RecordingNow, recording_now

bp: Final = Blueprint("desk_recording", __name__, url_prefix="/desk")
bp.before_request(needs_an_agent)


@bp.app_context_processor
def shown() -> dict[str, object]:
    """For the controls' template: how the recording of a call stands."""
    return {"recording_now": _recording_now}


@bp.errorhandler(AgentError)
def impossible(_error: AgentError) -> ResponseReturnValue:
    """The call went on meanwhile, is another's, or is not recorded."""
    return refused_text(gettext("That cannot be done with this call now. The page shows how it stands."))


@bp.post("/calls/<call_id>/recording")
@only_for(*AT_A_DESK)
def pause(call_id: str) -> ResponseReturnValue:
    """Pause the recording of the call that the page shows, or go on (`on`)."""
    desk, is_on = own_desk(), request.form.get("on") == "yes"
    pause_recording(desk.floor, insurer_id=desk.insurer_id, code=desk.code, on=is_on, call_id=call_id)
    return Response(status=204)


def _recording_now(call_id: str) -> RecordingNow | None:
    with side().centre.database.reading("recording_now") as tx:
        return recording_now(tx, call_id)
