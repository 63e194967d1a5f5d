"""Which queue really serves: diversions from queue to queue are followed, and an overflow must lead to an open one."""

from datetime import datetime

from agents.models import Wait
from agents.waiting import waits
from agents.waiting.queue_rules import QueueRules, rules_for
from config.centre import Centre
from config.database import Transaction
from ivr.calls.models import Call
from ivr.diversions import Diversion, diversion_of_queue


def serving_rules(tx: Transaction, centre: Centre, call: Call, queue: str, *, at: datetime) -> QueueRules:
    """The rules of the queue that a duty manager lets serve `queue` now, for this caller; mostly `queue` itself."""
    diversion = diversion_of_queue(tx, call.insurer_id, queue, at)
    there = queue if diversion is None or diversion.queue is None else diversion.queue
    # A queue that was since taken out of the configuration serves nobody.
    is_known = there in centre.insurers[call.insurer_id].queues
    return rules_for(centre.insurers, call, there if is_known else queue)


def diverted_away(tx: Transaction, call: Call, wait: Wait, *, at: datetime) -> Diversion | None:
    """Where a duty manager sends those who wait in this queue, if it is no other queue; emergencies stay."""
    if wait.is_emergency:
        return None
    diversion = diversion_of_queue(tx, call.insurer_id, wait.queue, at)
    return None if diversion is None or diversion.queue is not None else diversion


def overflow_rules(tx: Transaction, centre: Centre, call: Call, wait: Wait, *, at: datetime) -> QueueRules | None:
    """The rules of the queue that takes over when this one was too slow; None where nobody there could either."""
    here = rules_for(centre.insurers, call, wait.queue)
    if here.overflow_to is None or not waits.may_overflow(wait, here):
        return None
    there = serving_rules(tx, centre, call, here.overflow_to, at=at)
    return there if there.name != wait.queue and there.hours.is_open(at) else None
