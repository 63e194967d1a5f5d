"""Where the carrier finds the agents' side: the urls of its webhooks."""

from config.settings import Settings
from ivr.calls.models import Call


def offer_status_url(settings: Settings, offer_id: str) -> str:
    """News of the agent's leg."""
    return f"{settings.public_url}/voice/offers/{offer_id}/status"


def offer_conference_url(settings: Settings, offer_id: str) -> str:
    """News of the conversation."""
    return f"{settings.public_url}/voice/offers/{offer_id}/conference"


def claimed_caller_url(settings: Settings, call_id: str, offer_id: str) -> str:
    """The document that brings a claimed caller into the offer's conference."""
    return f"{settings.public_url}/voice/calls/{call_id}/agent?offer={offer_id}"


def duty_url(settings: Settings, call_id: str) -> str:
    """The document that dials the line's duty number."""
    return f"{settings.public_url}/voice/calls/{call_id}/duty"


def hold_url(settings: Settings, call_id: str) -> str:
    """What a caller on hold hears."""
    return f"{settings.public_url}/voice/calls/{call_id}/hold/0"


def callback_answer_url(settings: Settings, callback_id: str) -> str:
    """What a person whom we called back hears."""
    return f"{settings.public_url}/voice/callbacks/{callback_id}/answer"


def placed_fallback_url(settings: Settings, call: Call) -> str:
    """What whoever we ring hears where the centre cannot answer: the fallback of the line that we ring from."""
    return f"{settings.fallback_url}/fallback/{call.insurer_id}/{call.line}"


def callback_status_url(settings: Settings, callback_id: str) -> str:
    """News of a call that we placed."""
    return f"{settings.public_url}/voice/callbacks/{callback_id}/status"


def dial_over_url(settings: Settings, dial_id: str) -> str:
    """What an agent who made a call hears after it, which is nothing."""
    return f"{settings.public_url}/voice/dials/{dial_id}/over"


def dial_ringing_url(settings: Settings, dial_id: str) -> str:
    """What an agent hears while the number rings."""
    return f"{settings.public_url}/voice/dials/{dial_id}/ringing"


def dial_answer_url(settings: Settings, dial_id: str) -> str:
    """What whoever answers an agent's call hears first, and where they go then."""
    return f"{settings.public_url}/voice/dials/{dial_id}/answer"


def dial_status_url(settings: Settings, dial_id: str) -> str:
    """News of the leg of the number that an agent rings."""
    return f"{settings.public_url}/voice/dials/{dial_id}/status"


def colleague_leg_url(settings: Settings, dial_id: str) -> str:
    """News of the leg of a colleague whom an agent rings."""
    return f"{settings.public_url}/voice/dials/{dial_id}/colleague"


def dial_through_url(settings: Settings, dial_id: str) -> str:
    """The document that connects a caller with the number outside to which an agent passed them on."""
    return f"{settings.public_url}/voice/dials/{dial_id}/through"


def dial_through_answer_url(settings: Settings, dial_id: str) -> str:
    """What whoever answers there hears first, where it is recorded."""
    return f"{settings.public_url}/voice/dials/{dial_id}/through/answer"


def dial_through_over_url(settings: Settings, dial_id: str) -> str:
    """Where that caller goes on afterwards."""
    return f"{settings.public_url}/voice/dials/{dial_id}/through/over"
