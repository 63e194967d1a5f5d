"""Which clock a caller lives by, and how an instant is told by it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from config.database import Transaction
from config.line_descriptions import Insurer
from config.phone_numbers import parse_caller_id, time_zone_of
from flows.speech import Kind, SpeechError, speak
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


def told_there(at: datetime, zone: ZoneInfo, language: str) -> str:
    """An instant as flows and messages speak it: the wall clock of a zone, to the minute, and the zone's name.

    The name is left out where the language has none for it.
    """
    clock = at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="minutes")
    return f"{clock} {zone.key}" if has_name(zone.key, language) else clock


def has_name(zone: str, language: str) -> bool:
    """Whether the language has a name for a zone of tzdata: a time would mislead without."""
    try:
        speak(Kind.ZONE, zone, language=language)
    except SpeechError:
        return False
    return True
