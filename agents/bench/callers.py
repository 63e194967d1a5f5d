"""The bench's callers: they dial, press keys where they are asked, are identified, wait in queues, and hang up.

They are a carrier reduced to its webhooks: signed forms, posted to the urls that the documents name. What the documents
say is not read aloud, so that a call takes its turns when the measurement wants them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Final
from uuid import uuid4

from config.bench.client import Reply, Request
from config.bench.scripts import CallScript, TurnFailed
from config.centre import Centre
from config.settings import Settings
from ivr.carrier.signature import sign

POLICY: Final = "policy"
BIRTH_DATE: Final = "birth date"

ARRIVAL: Final = "call comes in"
MENU: Final = "menu"
IDENTIFICATION: Final = "identification"
WAITING: Final = "waiting round"

_GATHER: Final = re.compile(r'<Gather [^>]*?action="([^"]*)"')
_ENQUEUE: Final = re.compile(r'<Enqueue [^>]*?waitUrl="([^"]*)"')
_REDIRECT: Final = re.compile(r"<Redirect[^>]*>([^<]*)</Redirect>")


@dataclass(frozen=True)
class Path:
    """One way through a line: the keys at each question, and how many waiting rounds follow."""

    insurer_id: str
    line: str
    keys: Sequence[str]
    rounds: int = 1


@dataclass(frozen=True)
class Person:
    """Somebody insured, as they key themselves in."""

    policy: str
    born: str
    phone: str


class Callers:
    """Makes calls of the paths in turn, each by somebody else of the insurer's people, by the calls' `numbers`."""

    def __init__(
        self, centre: Centre, paths: Sequence[Path], people: Mapping[str, Sequence[Person]], numbers: Iterator[int]
    ) -> None:
        self._centre = centre
        self._paths = paths
        self._people = people
        self._numbers = numbers

    def script(self) -> CallScript:
        """The next call, to its end."""
        number = next(self._numbers)
        path = self._paths[number % len(self._paths)]
        people = self._people[path.insurer_id]
        person = people[number // len(self._paths) % len(people)]
        dialled = self._centre.insurers[path.insurer_id].lines[path.line].numbers[0]
        call = _Call(self._centre.settings, dialled, person.phone)
        reply = yield call.incoming()
        for key in path.keys:
            reply = yield call.press(reply, key, person)
        for _ in range(path.rounds):
            reply = yield call.wait(reply)
        _see_way_on(reply)
        yield call.hang_up()


class _Call:
    """What a carrier knows of one call."""

    def __init__(self, settings: Settings, to: str, caller: str) -> None:
        self._url = settings.public_url
        self._token = settings.auth_token
        self._fields = {
            "AccountSid": settings.account_sid, "ApiVersion": "2010-04-01", "CallSid": f"CA{uuid4().hex}",
            "CallStatus": "in-progress", "Called": to, "Caller": caller, "Direction": "inbound",
            "From": caller, "To": to,
        }  # fmt: skip

    def incoming(self) -> Request:
        """The call comes in."""
        return self._post(f"{self._url}/voice/incoming", ARRIVAL, CallStatus="ringing")

    def press(self, asked: Reply, key: str, person: Person) -> Request:
        """Press keys at the question of a document; raises TurnFailed where it asks nothing."""
        keys = {POLICY: person.policy, BIRTH_DATE: person.born}.get(key)
        kind = MENU if keys is None else IDENTIFICATION
        # The carrier keeps to itself the key that ends the digits.
        return self._post(_found(_GATHER, asked), kind, Digits=keys or key)

    def wait(self, told: Reply) -> Request:
        """The next round of a wait that a document begins or goes on with; raises TurnFailed where it does neither."""
        url = _search(_ENQUEUE, told) or _found(_REDIRECT, told)
        return self._post(url, WAITING, QueuePosition="1", QueueTime="10")

    def hang_up(self) -> Request:
        """The news that the call is over."""
        return self._post(f"{self._url}/voice/status", "", CallStatus="completed", CallDuration="60")

    def _post(self, url: str, kind: str, **more: str) -> Request:
        form = {**self._fields, **more}
        return Request(url, form, {"X-Twilio-Signature": sign(self._token, url, form.items())}, kind)


def _search(pattern: re.Pattern[str], reply: Reply) -> str | None:
    found = pattern.search(reply.body.decode())
    return None if found is None else unescape(found[1])


def _found(pattern: re.Pattern[str], reply: Reply) -> str:
    url = _search(pattern, reply)
    if url is None:
        raise TurnFailed(f"the call cannot go on from {reply.body.decode()!r}")
    return url


def _see_way_on(reply: Reply) -> None:
    """An apology is a document too: only one that goes on is an answer."""
    if not any(_search(pattern, reply) for pattern in (_GATHER, _ENQUEUE, _REDIRECT)):
        raise TurnFailed(f"the call broke off with {reply.body.decode()!r}")
