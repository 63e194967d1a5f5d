"""Which changed rows are news for open pages, and for whom: the one table of it."""

from collections.abc import Mapping
from typing import Final

from agents.accounts.models import StaffSession
from agents.models import Agent, Callback, Dial, Offer, Wait
from agents.models.evaluations import Evaluation, EvaluationState
from agents.models.searches import CallExport
from config.database import Base
from config.news import News, Teller
from ivr.calls.models import Call, Hold, Leg, LineNotice, Message, Outcome, Request
from recordings.models import Recording, RecordingKind, RecordingPause


def _presence(row: Agent) -> News:
    return News("presence", row.insurer_id, row.id, agent=row.id, call=row.call_id)


def _offer(row: Offer) -> News:
    return News("offer", row.insurer_id, row.id, agent=row.agent_id, call=row.call_id)


def _wait(row: Wait) -> News:
    return News("wait", row.insurer_id, row.id)


def _call(row: Call) -> News:
    return News("call", row.insurer_id, row.id, call=row.id)


def _of_call(row: Leg | Hold | RecordingPause) -> News:
    return News("call", row.insurer_id, row.call_id, call=row.call_id)


def _dial(row: Dial) -> News | tuple[News, ...]:
    """Somebody answers at the number; what is asked for and not placed yet is nobody's news."""
    if row.call_id is None:
        return ()
    return News("call", row.insurer_id, row.call_id, agent=row.agent_id, call=row.call_id)


def _outcome(row: Outcome) -> News | tuple[News, ...]:
    """What is left to be done is somebody's work, who need not have had the call."""
    outcome = News("outcome", row.insurer_id, row.id, call=row.call_id)
    return outcome if row.next_action is None else (outcome, News("task", row.insurer_id, row.id))


def _request(row: Request) -> News:
    return News("request", row.insurer_id, row.id)


def _callback(row: Callback) -> News:
    return News("callback", row.insurer_id, row.id)


def _text_message(row: Message) -> News:
    return News("text_message", row.insurer_id, row.id)


def _recording(row: Recording) -> News:
    """A message left is everybody's to hear; a conversation's recording is seen on its call."""
    if row.kind == RecordingKind.VOICEMAIL:
        return News("voice_message", row.insurer_id, row.id)
    return News("call", row.insurer_id, row.call_id, call=row.call_id)


def _notice(row: LineNotice) -> News:
    return News("notice", row.insurer_id, row.id)


def _export(row: CallExport) -> News:
    return News("export", row.insurer_id, row.id)


def _evaluation(row: Evaluation) -> News | tuple[News, ...]:
    """A draft is nobody's news, and a calibration no agent's."""
    if row.state in (EvaluationState.DRAFT, EvaluationState.DROPPED):
        return ()
    if row.calibration_id is not None:
        return News("calibration", row.insurer_id, row.id)
    return News("evaluation", row.insurer_id, row.id, agent=row.agent_id)


def _session(row: StaffSession) -> News:
    return News("session", row.insurer_id, row.id)


TOLD: Final[Mapping[type[Base], Teller]] = {
    Agent: _presence,
    Offer: _offer,
    Wait: _wait,
    Call: _call,
    Leg: _of_call,
    Hold: _of_call,
    Dial: _dial,
    Outcome: _outcome,
    Request: _request,
    Callback: _callback,
    Message: _text_message,
    Recording: _recording,
    RecordingPause: _of_call,
    LineNotice: _notice,
    CallExport: _export,
    Evaluation: _evaluation,
    StaffSession: _session,
}

FOR_EVERYBODY: Final = frozenset({"wait", "request", "callback", "voice_message", "task"})
"""Kinds that every page of the insurer hears. Of the others an agent's hears what concerns the agent or their call,
a supervisor's hears all.
"""
