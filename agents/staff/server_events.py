"""Server-sent events as they go over the wire."""

import json
import zlib
from base64 import b64decode, b64encode
from dataclasses import asdict
from functools import lru_cache

from config.news import News


def event(kind: str, data: str) -> bytes:
    """One event; `data` is a single line."""
    return f"event: {kind}\ndata: {data}\n\n".encode()


@lru_cache(maxsize=512)
def news_event(news: News) -> bytes:
    """Made once for every browser that hears the news."""
    return event("news", json.dumps(asdict(news)))


def part_event(address: str, html: str) -> bytes:
    """A part of pages, by the address at which it could also be asked for. It is packed: of a floor's rows, which are
    much alike, a fifteenth is left, which is then written to every browser's socket.
    """
    packed = zlib.compress(html.encode(), level=1)
    return event("part", json.dumps({"from": address, "packed": b64encode(packed).decode()}))


def unpacked(data: str) -> tuple[str, str]:
    """The address and the text of the part that such an event brings."""
    told = json.loads(data)
    return told["from"], zlib.decompress(b64decode(told["packed"])).decode()
