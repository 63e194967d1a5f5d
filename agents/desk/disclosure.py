"""What an agent's page may be told of a call, by how sure we are of whom it is about: the rest is never sent to it."""

from dataclasses import dataclass
from typing import Final

from agents.sight import EMPLOYER
from config.line_descriptions import Insurer
from ivr.calls.models import Call, IdentificationLevel
from ivr.insured.identification import may_hear_personal


@dataclass(frozen=True)
class Disclosure:
    """The parts of a card that may be sent. `record` is the insured record, masked unless `is_whole`; `health` is
    whatever tells that or why somebody sought care: requests, earlier calls, services used.
    """

    phone: bool = False
    is_phone_whole: bool = False
    record: bool = False
    is_whole: bool = False
    health: bool = False


NOTHING: Final = Disclosure()


def disclosure_of(call: Call, insurer: Insurer, *, queue: str, is_emergency: bool) -> Disclosure:
    """What may be sent of a call that waits, or waited, in `queue`."""
    described = insurer.queues.get(queue)
    if call.is_anonymous or (described is not None and described.is_anonymous):
        return NOTHING
    level = IdentificationLevel(call.level)
    is_known = call.insured_id is not None
    return Disclosure(
        phone=True,
        # Who may be dying is rung back, and found, by this number.
        is_phone_whole=is_emergency,
        record=is_known and level in (IdentificationLevel.IDENTIFIED, IdentificationLevel.VERIFIED),
        is_whole=is_known and level is IdentificationLevel.VERIFIED,
        health=call.caller_role != EMPLOYER and may_hear_personal(call, insurer),
    )
