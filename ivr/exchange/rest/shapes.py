"""The JSON of each resource, with Twilio's field names, nulls and dates (twilio.md §4)."""

from __future__ import annotations

from typing import Any

from ivr.exchange.clock import rfc2822
from ivr.exchange.core import Core
from ivr.exchange.model import (
    Call,
    Conference,
    Member,
    Message,
    Number,
    Participant,
    Queue,
    Recording,
)
from ivr.exchange.transitions import CallStatus
from ivr.exchange.verbs.queueing import position_of
from ivr.exchange.webhooks import API_VERSION, url_of

Json = dict[str, Any]

_PARTICIPANT_STATUS = {
    CallStatus.QUEUED: "queued",
    CallStatus.INITIATED: "connecting",
    CallStatus.RINGING: "ringing",
    CallStatus.IN_PROGRESS: "connected",
    CallStatus.COMPLETED: "complete",
}


def base(core: Core) -> str:
    """The path under which the account's resources are."""
    return f"/{API_VERSION}/Accounts/{core.settings.account_sid}"


def call(core: Core, it: Call) -> Json:
    path = f"{base(core)}/Calls/{it.sid}"
    kinds = ("events", "notifications", "payments", "recordings", "siprec", "streams", "transcriptions")
    return {
        "sid": it.sid,
        "account_sid": core.settings.account_sid,
        "annotation": None,
        "answered_by": None,
        "api_version": API_VERSION,
        "caller_name": None,
        "date_created": rfc2822(it.created_at),
        "date_updated": rfc2822(it.ended_at or it.answered_at or it.created_at),
        "direction": it.direction,
        "duration": str(it.duration_seconds) if it.is_over else None,
        "end_time": rfc2822(it.ended_at),
        "forwarded_from": it.forwarded_from or None,
        "from": it.sender,
        "from_formatted": it.sender,
        "group_sid": None,
        "parent_call_sid": it.parent.sid if it.parent else None,
        "phone_number_sid": it.number_sid or None,
        "price": None,
        "price_unit": "USD",
        "queue_time": str(it.queue_ms),
        "start_time": rfc2822(it.started_at),
        "status": str(it.status),
        "subresource_uris": {kind: f"{path}/{kind.capitalize()}.json" for kind in kinds},
        "to": it.to,
        "to_formatted": it.to,
        "trunk_sid": None,
        "uri": f"{path}.json",
    }


def queue(core: Core, it: Queue) -> Json:
    path = f"{base(core)}/Queues/{it.sid}"
    return {
        "sid": it.sid,
        "account_sid": core.settings.account_sid,
        "friendly_name": it.friendly_name,
        "current_size": len(it.members),
        "max_size": it.max_size,
        "average_wait_time": it.average_wait_seconds,
        "date_created": rfc2822(it.created_at),
        "date_updated": rfc2822(it.created_at),
        "subresource_uris": {"members": f"{path}/Members.json"},
        "uri": f"{path}.json",
    }


def member(core: Core, it: Member) -> Json:
    sid = it.activity.queue.sid
    return {
        "account_sid": core.settings.account_sid,
        "call_sid": it.call.sid,
        "queue_sid": sid,
        "date_enqueued": rfc2822(it.enqueued_at),
        "position": position_of(it),
        "wait_time": round((core.now() - it.enqueued_at).total_seconds()),
        "uri": f"{base(core)}/Queues/{sid}/Members/{it.call.sid}.json",
    }


def conference(core: Core, it: Conference) -> Json:
    path = f"{base(core)}/Conferences/{it.sid}"
    return {
        "sid": it.sid,
        "account_sid": core.settings.account_sid,
        "api_version": API_VERSION,
        "call_sid_ending_conference": it.ended_by or None,
        "date_created": rfc2822(it.created_at),
        "date_updated": rfc2822(it.ended_at or it.created_at),
        "friendly_name": it.friendly_name,
        "reason_conference_ended": it.reason_ended or None,
        "region": "ie1",
        "status": str(it.status),
        "subresource_uris": {
            "participants": f"{path}/Participants.json",
            "recordings": f"{path}/Recordings.json",
        },
        "uri": f"{path}.json",
    }


def participant(core: Core, room: Conference, it: Participant) -> Json:
    sid = it.call.sid
    return {
        "account_sid": core.settings.account_sid,
        "call_sid": sid,
        "call_sid_to_coach": it.coach or None,
        "coaching": it.is_coaching,
        "conference_sid": room.sid,
        "date_created": rfc2822(it.created_at),
        "date_updated": rfc2822(it.created_at),
        "end_conference_on_exit": it.is_ending,
        "hold": it.is_held,
        "label": it.label or None,
        "muted": it.is_muted,
        "queue_time": str(it.call.queue_ms),
        "start_conference_on_enter": it.is_starting,
        "status": _PARTICIPANT_STATUS.get(it.call.status, "failed"),
        "uri": f"{base(core)}/Conferences/{room.sid}/Participants/{sid}.json",
    }


def recording(core: Core, it: Recording) -> Json:
    duration = str(it.duration_seconds) if it.duration_seconds >= 0 else None
    return {
        "sid": it.sid,
        "account_sid": core.settings.account_sid,
        "api_version": API_VERSION,
        "call_sid": it.call_sid or None,
        "channels": it.channels,
        "conference_sid": it.conference_sid or None,
        "date_created": rfc2822(it.started_at),
        "date_updated": rfc2822(it.updated_at or it.started_at),
        "duration": duration,
        "encryption_details": None,
        "error_code": None,
        "media_url": url_of(core, it),
        "price": None,
        "price_unit": "USD",
        "source": it.source,
        "start_time": rfc2822(it.started_at),
        "status": "deleted" if it.is_deleted else str(it.status),
        "subresource_uris": {},
        "track": it.track,
        "uri": f"{base(core)}/Recordings/{it.sid}.json",
    }


def message(core: Core, it: Message) -> Json:
    return {
        "sid": it.sid,
        "account_sid": core.settings.account_sid,
        "api_version": API_VERSION,
        "body": it.body,
        "date_created": rfc2822(it.created_at),
        "date_sent": rfc2822(it.sent_at),
        "date_updated": rfc2822(it.updated_at or it.created_at),
        "direction": it.direction,
        "error_code": it.error_code or None,
        "error_message": "Unreachable destination handset" if it.error_code else None,
        "from": it.sender or None,
        "messaging_service_sid": it.service_sid or None,
        "num_media": "0",
        "num_segments": str(1 + len(it.body) // 71),
        "price": None,
        "price_unit": "USD",
        "status": it.status,
        "subresource_uris": {},
        "to": it.to,
        "uri": f"{base(core)}/Messages/{it.sid}.json",
    }


def number(core: Core, it: Number) -> Json:
    return {
        "sid": it.sid,
        "account_sid": core.settings.account_sid,
        "address_requirements": "none",
        "address_sid": None,
        "api_version": API_VERSION,
        "beta": False,
        "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
        "date_created": rfc2822(it.created_at),
        "date_updated": rfc2822(it.created_at),
        "friendly_name": it.friendly_name or it.number,
        "phone_number": it.number,
        "sms_method": it.sms.method,
        "sms_url": it.sms.url,
        "status_callback": it.progress.url,
        "status_callback_method": it.progress.method,
        "uri": f"{base(core)}/IncomingPhoneNumbers/{it.sid}.json",
        "voice_fallback_method": it.fallback.method,
        "voice_fallback_url": it.fallback.url,
        "voice_method": it.voice.method,
        "voice_url": it.voice.url,
    }
