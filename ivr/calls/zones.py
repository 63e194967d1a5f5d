"""Which clock a caller lives by."""

from zoneinfo import ZoneInfo

from sqlalchemy import select

from config.database import Transaction
from config.line_descriptions import Insurer
from config.phone_numbers import parse_caller_id, time_zone_of
from ivr.calls.models import Call
from ivr.insured.models import InsuredPerson


def zone_of_caller(tx: Transaction, insurer: Insurer, call: Call) -> ZoneInfo:
    """Where the caller is: as the insured record says, else the region chosen, else as a geographic number tells.

    The insurer's own zone where nothing tells.
    """
    if call.insured_id is not None and not call.is_anonymous:
        statement = select(InsuredPerson.time_zone).where(InsuredPerson.id == call.insured_id)
        if known := tx.scalar(statement):
            return ZoneInfo(known)
    if call.region in insurer.regions:
        return insurer.zone_of(call.region)
    number = parse_caller_id(call.ani or "")
    return (time_zone_of(number) if number else None) or insurer.time_zone
