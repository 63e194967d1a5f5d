"""Runs a document: fetches it, performs its verbs in order, and ends (twilio.md §3).

A call has one main script; waiting, hold and whisper documents are scripts beside it, owned by
the activity that plays them. Verb modules register what they perform with ``@performs``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from ivr.exchange.errors import DocumentFault
from ivr.exchange.twiml import verbs as v
from ivr.exchange.twiml.reading import read
from ivr.exchange.webhooks import ask, resolve
from ivr.exchange.webrequest import Fields, WebReply

if TYPE_CHECKING:
    from ivr.exchange.core import Core
    from ivr.exchange.model import Call

APOLOGY = "We are sorry, an application error has occurred. Goodbye."
# A document that redirects to itself without letting time pass would never end on a moved clock.
MOST_FETCHES_AN_INSTANT = 100


class Purpose(StrEnum):
    """What a script is run for, which decides the verbs that it may use."""

    MAIN = "main"
    QUEUE_WAIT = "queue wait"
    CONFERENCE_WAIT = "conference wait"
    ANNOUNCEMENT = "announcement"
    WHISPER = "whisper"


_SPOKEN: tuple[type, ...] = (v.Say, v.Play, v.Pause, v.Redirect)
ALLOWED: dict[Purpose, tuple[type, ...]] = {
    Purpose.QUEUE_WAIT: (*_SPOKEN, v.Hangup, v.Leave, v.Gather),
    Purpose.CONFERENCE_WAIT: _SPOKEN,
    Purpose.ANNOUNCEMENT: _SPOKEN,
    Purpose.WHISPER: (*_SPOKEN, v.Gather, v.Hangup),
}


class Stop(StrEnum):
    """Why a script or an activity is stopped."""

    HANGUP = "hangup"
    REDIRECTED = "redirected"
    LEFT = "left"


class Activity:
    """What a script is in the middle of: a prompt, a Gather, a Dial, a queue, a conference."""

    def stop(self, core: Core, why: Stop) -> None:
        """End at once: the script has been stopped."""
        raise NotImplementedError

    def key(self, core: Core, key: str) -> bool:
        """A key was pressed; True if it was used, False to keep it for the next Gather."""
        return False

    def speech(self, core: Core, text: str, seconds: float) -> None:
        """The caller says something that lasts ``seconds``."""


@dataclass(slots=True, eq=False)
class Script:
    """One running document of one call."""

    call: Call
    at_end: Callable[[], None]
    purpose: Purpose = Purpose.MAIN
    url: str = ""
    verbs: list[v.Verb] = field(default_factory=list)
    position: int = 0
    activity: Activity | None = None
    is_over: bool = False
    is_fetching: bool = False
    on_fault: Callable[[], None] | None = None
    on_leave: Callable[[], None] | None = None
    listeners: Callable[[], list[Call]] | None = None
    on_verb: Callable[[v.Verb], None] | None = None
    _request_number: int = 0

    def stop(self, core: Core, why: Stop) -> None:
        """Run no further; what is under way ends."""
        if self.is_over:
            return
        self.is_over = True
        activity, self.activity = self.activity, None
        if activity:
            activity.stop(core, why)

    def key(self, core: Core, key: str) -> bool:
        """Hand a key to what is under way."""
        return self.activity.key(core, key) if self.activity else False

    def speech(self, core: Core, text: str, seconds: float) -> None:
        """Hand speech to what is under way."""
        if self.activity:
            self.activity.speech(core, text, seconds)

    def next_request(self) -> int:
        """Number the request that is about to be made: only the latest one's reply counts."""
        self._request_number += 1
        return self._request_number

    def is_awaiting(self, number: int) -> bool:
        """Whether the reply to request ``number`` still matters."""
        return not self.is_over and number == self._request_number


def fetch(core: Core, script: Script, url: str, method: str, extra: Fields = ()) -> None:
    """Ask for the next document, which replaces the current one when it comes."""
    address = resolve(script.url, url)
    if _is_runaway(core, script.call):
        core.alert(13710, "the documents redirect without end", script.call, address)
        _give_up(core, script)
        return
    number = script.next_request()
    script.activity, script.is_fetching = None, True

    def on_reply(reply: WebReply) -> None:
        if script.is_awaiting(number):
            _receive(core, script, address, reply)

    ask(core, script.call, address, method, extra, on_reply)


def _is_runaway(core: Core, call: Call) -> bool:
    now = core.now()
    then, count = call.fetches_now or (now, 0)
    call.fetches_now = (now, count + 1 if then == now else 1)
    return call.fetches_now[1] > MOST_FETCHES_AN_INSTANT


def _receive(core: Core, script: Script, url: str, reply: WebReply) -> None:
    try:
        if reply.error:
            raise DocumentFault(reply.error, f"the application answered {reply.status or 'nothing'}")
        run_body(core, script, url, reply.body, reply.content_type)
    except DocumentFault as fault:
        _fail(core, script, url, fault)


def run_body(core: Core, script: Script, url: str, body: bytes, content_type: str) -> None:
    """Run a document; raises DocumentFault if it cannot be read."""
    if content_type.lower().startswith("audio/"):
        run(core, script, url, [v.Play(url)])
        return
    document = read(body, content_type)
    for warning in document.warnings:
        core.alert(warning.code, warning.message, script.call, url)
    run(core, script, url, document.verbs)


def run(core: Core, script: Script, url: str, verbs: list[v.Verb]) -> None:
    """Perform ``verbs`` from the first one."""
    script.url, script.verbs, script.position = url, verbs, 0
    script.activity, script.is_fetching = None, False
    advance(core, script)


def _fail(core: Core, script: Script, url: str, fault: DocumentFault) -> None:
    """Go to the call's fallback, once for each failure; else apologise and hang up."""
    core.alert(fault.code, fault.message, script.call, url)
    fallback = script.call.fallback
    if script.on_fault:
        script.on_fault()
    elif fallback.url and url != resolve("", fallback.url):
        extra = (("ErrorCode", str(fault.code)), ("ErrorUrl", url))
        fetch(core, script, fallback.url, fallback.method, extra)
    else:
        _give_up(core, script)


def _give_up(core: Core, script: Script) -> None:
    if script.on_fault:
        script.on_fault()
        return
    run(core, script, script.url, [v.Say(APOLOGY), v.Hangup()])


def advance(core: Core, script: Script) -> None:
    """Perform verbs until one takes time, a document is awaited, or the document ends."""
    while not script.is_over and script.activity is None and not script.is_fetching:
        if script.position >= len(script.verbs):
            script.at_end()
            return
        verb = script.verbs[script.position]
        script.position += 1
        _perform(core, script, verb)


def resume(core: Core, script: Script) -> None:
    """What was under way is done: go on with the next verb."""
    script.activity = None
    if not script.is_over:
        advance(core, script)


Performer = Callable[["Core", Script, Any], None]
_performers: dict[type, Performer] = {}
P = TypeVar("P", bound=Callable[..., None])


def performs(verb: type) -> Callable[[P], P]:
    """Register a function as the one that performs ``verb``."""

    def register(performer: P) -> P:
        _performers[verb] = performer
        return performer

    return register


def _perform(core: Core, script: Script, verb: v.Verb) -> None:
    allowed = ALLOWED.get(script.purpose)
    if allowed is not None and not isinstance(verb, allowed):
        code = 13238 if script.purpose is Purpose.CONFERENCE_WAIT else 13215
        core.alert(code, f"{type(verb).__name__} is not allowed in {script.purpose}", script.call)
        return
    if script.on_verb:
        script.on_verb(verb)
    _performers[type(verb)](core, script, verb)
