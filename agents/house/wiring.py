"""Which service does which due work of the agents' side; the composer calls `wire` once."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from agents import desk_connection, listening_in, presence
from agents.at_work import caller_requests, joining, wrap_up
from agents.autopilot import fly
from agents.calling_back import callbacks, placing
from agents.calling_back.callbacks import OwedCalls
from agents.curators import ShiftCurators
from agents.dialling import colleague_calls, dialled_calls, dialled_numbers
from agents.errors import UnknownOffer
from agents.floor import Floor
from agents.house.call_endings import Listener
from agents.offering import answering, giving_up, offers, ringing, unheard
from agents.queues import WaitingLines
from agents.routing import dispatch
from agents.supervisor.exports import exporting
from agents.waiting import waits
from agents.webhooks import delivering
from agents.webhooks.outbox import DELIVER, Outbox
from config.due_work import LEASE, Handler, JobQueue, WorkPlan
from ivr.ports import Ports, Voicemail
from recordings.outside import ConnectedOutside


def wire(plan: WorkPlan, floor: Floor) -> Listener:
    """Bind every kind of due work of the agents' side, and begin to listen, for as long as the plan lives."""
    for kind, job_queue, service in _SERVICES:
        plan.handle(kind, job_queue, _bound(service, floor), lasts=_LASTING.get(kind, LEASE))
    listener = Listener(floor.centre)
    listener.connect()
    plan.keep(listener)
    Outbox(floor.centre).watch()
    return listener


def ports(floor: Floor, voicemail: Voicemail) -> Ports:
    """What the phone side asks of the packages above it."""
    centre = floor.centre
    return Ports(
        queues=WaitingLines(centre),
        curators=ShiftCurators(centre.clock),
        callbacks=OwedCalls(centre),
        voicemail=voicemail,
        outside_recordings=ConnectedOutside(centre),
    )


def _bound(service: Callable[[Floor, str], object], floor: Floor) -> Handler:
    def handler(subject_id: str) -> None:
        try:
            service(floor, subject_id)
        except UnknownOffer:
            # Its rows were removed by retention: there is nothing left to do, however often it is tried.
            return

    return handler


_SERVICES: tuple[tuple[str, JobQueue, Callable[[Floor, str], object]], ...] = (
    (presence.ROUTE, JobQueue.DISPATCH, dispatch.route),
    (waits.WIDEN, JobQueue.DISPATCH, dispatch.widen_wait),
    (waits.ANY_LANGUAGE, JobQueue.DISPATCH, dispatch.ask_any_language),
    (waits.OVERFLOW, JobQueue.DISPATCH, dispatch.overflow_wait),
    (waits.ESCALATE, JobQueue.DISPATCH, unheard.escalate),
    (giving_up.GO_ON, JobQueue.DISPATCH, giving_up.go_on),
    (offers.RING, JobQueue.DISPATCH, ringing.ring_offer),
    (offers.TIMEOUT, JobQueue.DISPATCH, unheard.time_out),
    (offers.CONNECT, JobQueue.DISPATCH, answering.connect),
    (joining.HAND_OVER, JobQueue.DISPATCH, joining.finish_hand_over),
    (listening_in.TAKE_EAR, JobQueue.DISPATCH, listening_in.take_ear),
    (offers.END_LEG, JobQueue.DISPATCH, ringing.end_leg),
    (offers.CLOSE, JobQueue.TELEPHONE, answering.close_conference),
    (offers.CHECK, JobQueue.TELEPHONE, answering.check_offer),
    (dialled_calls.RING, JobQueue.DISPATCH, dialled_numbers.ring),
    (dialled_calls.CHECK, JobQueue.TELEPHONE, dialled_numbers.check),
    (colleague_calls.CHECK_COLLEAGUE, JobQueue.TELEPHONE, colleague_calls.check),
    (dialled_calls.END_LEGS, JobQueue.DISPATCH, dialled_numbers.end_legs),
    (callbacks.TURN, JobQueue.TELEPHONE, placing.take_turn),
    (callbacks.PLACE, JobQueue.TELEPHONE, placing.place),
    (callbacks.TIMEOUT, JobQueue.TELEPHONE, placing.check),
    (caller_requests.TELL_BY_CALLBACK, JobQueue.TELEPHONE, caller_requests.owe_callback),
    (presence.WRAP_UP_OVERDUE, JobQueue.UPKEEP, wrap_up.note_overdue),
    (exporting.MAKE, JobQueue.UPKEEP, exporting.make),
    (exporting.JOIN, JobQueue.UPKEEP, exporting.join),
    (exporting.DROP, JobQueue.UPKEEP, exporting.drop),
    (presence.AUTOPILOT, JobQueue.TELEPHONE, fly),
    (desk_connection.LOST, JobQueue.TELEPHONE, desk_connection.lose),
    (DELIVER, JobQueue.WEBHOOKS, delivering.deliver),
)
# What takes longer than the lease of due work.
_LASTING: Mapping[str, timedelta] = {exporting.JOIN: exporting.JOINED_WITHIN}
