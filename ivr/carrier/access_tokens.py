"""Access tokens: what lets a page of ours hold a telephone at the carrier, for one identity and a while (twilio.md)."""

from datetime import datetime, timedelta
from typing import Final

import jwt

from config.ids import new_id
from config.settings import Settings

LIFETIME: Final = timedelta(hours=1)
_CONTENT_TYPE: Final = "twilio-fpa;v=1"


def access_token(settings: Settings, identity: str, *, at: datetime) -> str:
    """A signed token by which calls to `client:identity` reach a page, and its own calls ask `/voice/outgoing`."""
    claims = {
        "jti": f"{settings.api_key_sid}-{new_id(at)}",
        "iss": settings.api_key_sid,
        "sub": settings.account_sid,
        "iat": int(at.timestamp()),
        "exp": int((at + LIFETIME).timestamp()),
        "grants": {
            "identity": identity,
            "voice": {"incoming": {"allow": True}, "outgoing": {"application_sid": settings.application_sid}},
        },
    }
    return jwt.encode(claims, settings.api_key_secret, algorithm="HS256", headers={"cty": _CONTENT_TYPE})
