"""Signatures after Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over id, time and body."""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Final

_PREFIX: Final = "whsec_"


def secret_of(pepper: bytes, endpoint_id: str) -> str:
    """The endpoint's secret, as its receiver is given it: derived from the centre's key, so that no row has it."""
    key = hmac.new(pepper, f"webhook secret\0{endpoint_id}".encode(), hashlib.sha256).digest()
    return f"{_PREFIX}{base64.b64encode(key).decode('ascii')}"


def signed_headers(secret: str, *, event_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of one attempt; the same event keeps its id, each attempt has its own time."""
    seconds = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    content = b".".join((event_id.encode("ascii"), seconds.encode("ascii"), body))
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode("ascii")
    return {"webhook-id": event_id, "webhook-timestamp": seconds, "webhook-signature": f"v1,{signature}"}
