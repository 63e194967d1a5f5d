"""Access tokens: the JWT by which an agent's page may register here, in the shape of Twilio's AccessToken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import jwt
from jwt.exceptions import InvalidSubjectError

from ivr.exchange.errors import ExchangeError

_CONTENT_TYPE: Final = "twilio-fpa;v=1"
_MOST_IDENTITY: Final = 121


class TokenRefused(ExchangeError):
    """An access token cannot be used; ``code`` is Twilio's (20101 to 20107)."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows: who it is for, whether calls reach them, and which application their calls ask."""

    identity: str
    is_incoming_allowed: bool
    application_sid: str


def read_token(token: str, *, account_sid: str, api_keys: dict[str, str]) -> Grant:
    """Verify a token by the API key that it names; raises TokenRefused."""
    try:
        header = jwt.get_unverified_header(token)
        unproven = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise TokenRefused(20101, "Invalid Access Token") from error
    if header.get("cty") != _CONTENT_TYPE:
        raise TokenRefused(20102, "Invalid Access Token header")
    secret = api_keys.get(str(unproven.get("iss", "")))
    if secret is None:
        raise TokenRefused(20103, "Invalid Access Token issuer/subject")
    return _grant(_proven(token, secret, account_sid))


def _proven(token: str, secret: str, account_sid: str) -> dict[str, Any]:
    try:
        return jwt.decode(
            token, secret, algorithms=["HS256"], subject=account_sid, options={"require": ["exp", "iss", "sub"]}
        )
    except jwt.ExpiredSignatureError as error:
        raise TokenRefused(20104, "Access Token expired or expiration date invalid") from error
    except jwt.ImmatureSignatureError as error:
        raise TokenRefused(20105, "Access Token not yet valid") from error
    except InvalidSubjectError as error:
        raise TokenRefused(20103, "Invalid Access Token issuer/subject") from error
    except jwt.InvalidTokenError as error:
        raise TokenRefused(20107, "Invalid Access Token signature") from error


def _grant(claims: dict[str, Any]) -> Grant:
    grants = claims.get("grants")
    voice = grants.get("voice") if isinstance(grants, dict) else None
    identity = grants.get("identity") if isinstance(grants, dict) else None
    if not isinstance(voice, dict) or not isinstance(identity, str) or not 0 < len(identity) <= _MOST_IDENTITY:
        raise TokenRefused(20106, "Invalid Access Token grants")
    incoming, outgoing = voice.get("incoming"), voice.get("outgoing")
    return Grant(
        identity,
        isinstance(incoming, dict) and incoming.get("allow") is True,
        str(outgoing.get("application_sid", "")) if isinstance(outgoing, dict) else "",
    )
