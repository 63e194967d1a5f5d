"""Everything that the exchange knows, with the few means by which the rest changes it.

A core belongs to one thread at a time: the switch lends it out under its lock. Nothing here
does input or output: web requests go to ``outbox`` and are carried after the lock is free.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.exchange.behaviours import AutoAnswer, Behaviour, Offline
from ivr.exchange.clock import Clock
from ivr.exchange.mischief import Trickster
from ivr.exchange.model import Call, Conference, Message, Number, Queue, Recording
from ivr.exchange.phones import Phone
from ivr.exchange.settings import Settings
from ivr.exchange.sids import Sids
from ivr.exchange.sound import Silence, Sound
from ivr.exchange.timeline import Timeline, Timer
from ivr.exchange.webrequest import WebRequest

MOST_ALERTS = 1000


@dataclass(frozen=True, slots=True)
class Alert:
    """What Twilio's debugger would show: something was wrong with what the application sent."""

    at: datetime
    code: int
    message: str
    call_sid: str = ""
    url: str = ""


class Core:
    """The state of the exchange."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.public_url = settings.public_url
        self.sids = Sids(settings.seed)
        self.timeline = Timeline()
        self.trickster = Trickster()
        self.sound: Sound = Silence()
        self.outbox: deque[WebRequest] = deque()
        self.alerts: deque[Alert] = deque(maxlen=MOST_ALERTS)
        self.calls: dict[str, Call] = {}
        self.live_calls: dict[str, Call] = {}
        self.ended_calls: deque[Call] = deque()
        self.numbers: dict[str, Number] = {}
        self.queues: dict[str, Queue] = {}
        self.conferences: dict[str, Conference] = {}
        self.live_conferences: dict[str, Conference] = {}
        self.recordings: dict[str, Recording] = {}
        self.live_recordings: dict[str, list[Recording]] = {}
        self.messages: dict[str, Message] = {}
        self.phones: dict[str, Phone] = {}
        self.registered: dict[str, Phone] = {}
        self.behaviours: list[tuple[str, Behaviour]] = [
            ("*", AutoAnswer()),
            ("client:*", Offline()),
        ]
        self.bridges: dict[str, Call] = {}
        self.queue_waiters: dict[str, list[Callable[[], bool]]] = {}
        self.next_slot: datetime | None = None
        self.down_until: datetime | None = None
        self.has_news = False

    def now(self) -> datetime:
        """The instant now, UTC."""
        return self.clock.now()

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Run ``action`` when ``seconds`` have passed."""
        return self.timeline.at(self.now() + timedelta(seconds=seconds), action)

    def after_unless_over(self, call: Call, seconds: float, action: Callable[[], None]) -> None:
        """Run ``action`` when ``seconds`` have passed, unless the call is over by then."""
        call.timers.append(self.after(seconds, action))

    def alert(self, code: int, message: str, call: Call | None = None, url: str = "") -> None:
        """Note what Twilio's debugger would show."""
        sid = call.sid if call else ""
        self.alerts.append(Alert(self.now(), code, message, sid, url))
