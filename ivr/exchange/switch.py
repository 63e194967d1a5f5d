"""The exchange's heart: lends its state to one thread at a time and lets time pass.

Whatever is done to the state is done in a ``turn``; the web requests that it leads to are handed
to the courier after the lock is free again, so no input or output happens under it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import ivr.exchange.verbs  # noqa: F401  (registers what scripts can perform)
from ivr.exchange import calls, phones
from ivr.exchange.behaviours import Behaviour, Hands, Person
from ivr.exchange.clock import Clock, WallClock
from ivr.exchange.core import Alert, Core
from ivr.exchange.courier import Courier, LiveCourier
from ivr.exchange.errors import ExchangeError
from ivr.exchange.holders import press, speak
from ivr.exchange.mischief import Ambush, Mischief
from ivr.exchange.model import Number
from ivr.exchange.phones import WITHHELD, PhoneEvent
from ivr.exchange.settings import Settings
from ivr.exchange.transitions import CallStatus
from ivr.exchange.twiml.verbs import Callback
from ivr.exchange.webrequest import WebReply, WebRequest

LONGEST_SLEEP_SECONDS = 1.0


class Switch:
    """One carrier account that runs. Every method may be called from any thread."""

    def __init__(
        self,
        settings: Settings = Settings(),  # noqa: B008
        clock: Clock | None = None,
        courier: Courier | None = None,
    ) -> None:
        self.settings = settings
        self._core = Core(settings, clock or WallClock())
        self._courier = courier or LiveCourier()
        self._news = threading.Condition(threading.Lock())
        self._work = threading.Event()
        self._timekeeper: threading.Thread | None = None
        self._asleep_until: datetime | None = None
        self._is_open = True
        self._courier.start(self._deliver)

    @contextmanager
    def turn(self) -> Iterator[Core]:
        """Lend out the state under the lock; afterwards the courier gets what is to be sent."""
        with self._news:
            core = self._core
            try:
                yield core
            finally:
                requests = list(core.outbox)
                core.outbox.clear()
                is_sooner = self._is_sooner(core.timeline.next_at())
                if core.has_news:
                    core.has_news = False
                    self._news.notify_all()
        for request in requests:
            self._courier.send(request)
        if is_sooner:
            self._work.set()

    def _is_sooner(self, next_at: datetime | None) -> bool:
        """Whether the timekeeper sleeps past what has just come up, and must be woken."""
        return next_at is not None and self._asleep_until is not None and next_at < self._asleep_until

    def _deliver(self, request: WebRequest, reply: WebReply) -> None:
        if request.on_reply:
            with self.turn():
                request.on_reply(reply)

    # Time.

    def next_event_at(self) -> datetime | None:
        """When something is due next, UTC; now if a request waits to be carried; None if idle."""
        with self._news:
            if self._courier.has_work() or self._core.outbox:
                return self._core.now()
            return self._core.timeline.next_at()

    def run_due(self) -> int:
        """Run everything due now, requests included when the courier is simulated; returns how
        many actions and requests that were. It ends when nothing more is due at this instant."""
        count = 0
        while self._is_open and (self._courier.carry_next() or self._run_one()):
            count += 1
        return count

    def _run_one(self) -> bool:
        with self.turn() as core:
            action = core.timeline.take_due(core.now())
            if action is None:
                return False
            action()
            return True

    def start(self) -> None:
        """Let time pass by itself, on a thread of its own (a live exchange)."""
        if self._timekeeper is None:
            self._timekeeper = threading.Thread(target=self._keep_time, name="timekeeper", daemon=True)
            self._timekeeper.start()

    def _keep_time(self) -> None:
        while self._is_open:
            self.run_due()
            self._work.wait(self._fall_asleep())
            self._work.clear()

    def _fall_asleep(self) -> float:
        """How many seconds to sleep; what comes up sooner from now on wakes the timekeeper."""
        with self._news:
            now = self._core.now()
            latest = now + timedelta(seconds=LONGEST_SLEEP_SECONDS)
            self._asleep_until = min(latest, self._core.timeline.next_at() or latest)
            return max(0.0, (self._asleep_until - now).total_seconds())

    def close(self) -> None:
        """End the threads; calls in progress are forgotten."""
        self._is_open = False
        self._work.set()
        if self._timekeeper:
            self._timekeeper.join(5)
        self._courier.stop()
        with self._news:
            self._news.notify_all()

    # Telephones.

    def dial(
        self,
        to: str,
        from_: str = WITHHELD,
        *,
        presses: tuple[str, ...] | None = None,
        think_seconds: float = 1.0,
        patience: float | None = None,
        dictation_seconds: float | None = None,
        forwarded_from: str = "",
    ) -> str:
        """Call a number of the account from ``from_``; returns the telephone's id (``PH…``).

        ``presses`` answer the prompts that wait for input (see Hands); without them somebody must
        call ``press``. ``patience``: seconds after which the caller hangs up whatever happens.
        Raises ExchangeError for a number that the account does not have.
        """
        with self.turn() as core:
            number = core.numbers.get(to)
            if number is None:
                raise ExchangeError(f"{to} is not a number of this exchange")
            phone = core.registered.get(from_) or phones.new_phone(core, from_)
            phone.hands = Hands(presses or (), think_seconds)
            phone.dictation_seconds = dictation_seconds
            call = calls.dial_in(core, number, phone, from_, forwarded_from)
            if patience is not None:
                core.after_unless_over(
                    call, patience, lambda: calls.hang_up(core, call, "lost patience", by_party=True)
                )
            return phone.id

    def press(self, phone: str, keys: str) -> None:
        """Press keys (``0-9 * #``, ``w`` waits half a second) on the telephone's live call."""
        with self.turn() as core:
            press(core, phones.find(core, phone), keys)

    def speak(self, phone: str, text: str) -> None:
        """Say something: a Gather for speech hears it, a Record waits until it is said."""
        with self.turn() as core:
            speak(core, phones.find(core, phone), text)

    def talk_about(self, phone: str, matter: str) -> None:
        """What whoever holds this telephone speaks about from now on: the name of a play (`ivr.exchange.talk`)."""
        with self.turn() as core:
            phones.find(core, phone).matter = matter

    def hang_up(self, phone: str) -> None:
        """Put the receiver down; nothing happens if no call is up."""
        with self.turn() as core:
            call = phones.find(core, phone).live_call
            if call:
                calls.hang_up(core, call, "hung up", by_party=True)

    def accept(self, phone: str) -> None:
        """Answer the call that rings at this telephone."""
        with self.turn() as core:
            call = phones.find(core, phone).live_call
            if call and call.status is CallStatus.RINGING and call.direction != "inbound":
                calls.answer(core, call)

    def decline(self, phone: str) -> None:
        """Refuse the call that rings at this telephone: the caller's side sees busy."""
        with self.turn() as core:
            found = phones.find(core, phone)
            call = found.live_call
            if call and call.status is CallStatus.RINGING and call.direction != "inbound":
                phones.note(core, found, call, "declined")
                calls.finish(core, call, CallStatus.BUSY, "declined", 603)

    def register(self, address: str, behaviour: Behaviour = Person()) -> str:  # noqa: B008
        """Put one telephone at ``address`` (``client:anna``, ``+7…``); returns its id."""
        with self.turn() as core:
            return phones.register(core, address, behaviour).id

    def unregister(self, address: str) -> None:
        """Take the telephone away; the address behaves as its pattern says."""
        with self.turn() as core:
            phones.unregister(core, address)

    def behave(self, pattern: str, behaviour: Behaviour) -> None:
        """How addresses that fit a shell pattern behave from now on; the latest rule wins."""
        with self.turn() as core:
            core.behaviours = [rule for rule in core.behaviours if rule[0] != pattern]
            core.behaviours.append((pattern, behaviour))

    def events_since(self, phone: str, seq: int = 0, wait: float = 0.0) -> list[PhoneEvent]:
        """The telephone's events after number ``seq``; waits up to ``wait`` real seconds for one.

        ``phone`` is a telephone's id, a call's sid or a registered address; else NoSuchPhone.
        """
        with self._news:
            found = phones.find(self._core, phone)
            if wait > 0:
                self._news.wait_for(lambda: bool(found.events_after(seq)) or not self._is_open, wait)
            return list(found.events_after(seq))

    # The account.

    def add_number(
        self,
        number: str,
        voice_url: str,
        *,
        fallback_url: str = "",
        status_callback: str = "",
        friendly_name: str = "",
    ) -> str:
        """Give the account a number, or change what it asks; returns its sid."""
        with self.turn() as core:
            found = core.numbers.get(number)
            if found is None:
                found = Number(core.sids.make("PN"), number, core.now(), friendly_name=number)
                core.numbers[number] = found
            found.voice, found.fallback = Callback(voice_url), Callback(fallback_url)
            found.progress = Callback(status_callback)
            found.friendly_name = friendly_name or found.friendly_name
            return found.sid

    def misbehave(self, mischief: Mischief) -> None:
        """From now on behave like this."""
        with self.turn() as core:
            core.trickster.set(mischief)

    def behave_well(self) -> None:
        """No mischief, no ambush, up again."""
        with self.turn() as core:
            core.trickster.clear()
            core.down_until = None

    def go_down(self, seconds: float) -> None:
        """Answer every REST request 503 for so long; calls go on."""
        with self.turn() as core:
            core.down_until = core.now() + timedelta(seconds=seconds)

    def ambush(self, ambush: Ambush) -> None:
        """Let a fault wait for the next REST requests that match."""
        with self.turn() as core:
            core.trickster.lay(ambush)

    def alerts(self) -> list[Alert]:
        """What Twilio's debugger would show: the newest thousand."""
        with self._news:
            return list(self._core.alerts)
