"""The voice part of a running exchange: a thread with an event loop that mixes, signals and speaks.

It hears of the switch through the port in ``ivr/exchange/sound.py``, under the switch's lock, and only
hands on to its own thread what it learns there.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import requests

from ivr.exchange.conferencing.hearing import heard_by, speaking_in
from ivr.exchange.model import Call, Recording, RecordingStatus
from ivr.exchange.phones import Phone, PhoneEvent
from ivr.exchange.sound import Play
from ivr.exchange.switch import Switch
from ivr.exchange.twiml.verbs import Prompt
from ivr.exchange.verbs.recording import TakingMessage
from ivr.exchange.voice import prompts, tones, webrtc
from ivr.exchange.voice.legs import Leg
from ivr.exchange.voice.mixer import Mixer
from ivr.exchange.voice.prompts import Prompts
from ivr.exchange.voice.speech import find_engines
from ivr.exchange.voice.tapes import Tape

if TYPE_CHECKING:
    from ivr.exchange.core import Core

logger = logging.getLogger(__name__)

_MAKERS: Final = 4
_STOP_SECONDS: Final = 5.0
# After these it may be somebody else whom a call hears.
_CHANGES_COMPANY: Final = frozenset({"bridged", "unbridged", "answered", "ended", "hold_music"})

Told = Callable[[str, PhoneEvent, Call | None], None]
"""Learns, on the loop's thread, of an event at a telephone: its id, the event, the call."""


class Voice:
    """A ``Sound`` (sound.py) that is really heard. ``tell`` is told of every event at every telephone."""

    def __init__(self, switch: Switch) -> None:
        self.switch = switch
        self.has_sound = webrtc.is_installed()
        self.mixer = Mixer(self._spoke)
        self.prompts = Prompts(find_engines(), switch.settings.auth_token)
        self.tell: Told = lambda _phone, _event, _call: None
        self._tapes: dict[str, Tape] = {}
        self._audible: set[str] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="voice", daemon=True)
        self._makers = ThreadPoolExecutor(_MAKERS, thread_name_prefix="prompts")
        self._is_open = True
        self._is_warm = False

    # The thread.

    def start(self) -> None:
        """Begin to mix; from now on the switch is heard."""
        for talkative in ("aioice", "aiortc"):
            # They log every network address that a browser has.
            logging.getLogger(talkative).setLevel(logging.WARNING)
        self._thread.start()
        if self.has_sound:
            self.run(self._keep_mixing())
        with self.switch.turn() as core:
            core.sound = self

    def warm_up(self) -> None:
        """Get ready what takes seconds, once somebody has opened a page: an exchange that nobody hears is spared it."""
        if self.has_sound and not self._is_warm:
            self._is_warm = True
            self._makers.submit(tones.music)
            self._makers.submit(self.prompts.engines.warm_up)

    def stop(self) -> None:
        """End the thread and everything on it."""
        self._is_open = False
        self._makers.shutdown(wait=False, cancel_futures=True)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_SECONDS)
        self.prompts.close()
        for tape in self._tapes.values():
            tape.close()

    def run(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Let the event loop do some work."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _keep_mixing(self) -> None:
        self._mixing = asyncio.ensure_future(self.mixer.run())

    def _soon(self, what: Callable[..., object], *values: object) -> None:
        """Do something on the loop's thread, unless that has ended."""
        with suppress(RuntimeError):
            if self._is_open:
                self._loop.call_soon_threadsafe(partial(what, *values))

    # What the switch tells (under its lock).

    def noted(self, core: Core, phone: Phone, call: Call | None, event: PhoneEvent) -> None:
        """Let the mixer and the pages know."""
        self._soon(self.tell, phone.id, event, call)
        if not self.has_sound or call is None:
            return
        if event.kind in _CHANGES_COMPANY:
            self._refresh(core)
        parent = call.parent.sid if call.parent else ""
        self._soon(self._happened, call.sid, parent, event)

    def _refresh(self, core: Core) -> None:
        calls = (core.live_calls.get(sid) for sid in list(self._audible))
        hearing = {call.sid: tuple(it.sid for it in heard_by(core, call)) for call in calls if call}
        rooms = {
            room.sid: tuple(it.sid for it in speaking_in(room))
            for room in core.live_conferences.values()
            if room.sid in core.live_recordings
        }
        self._soon(self._set_company, hearing, rooms)

    def _set_company(self, hearing: dict[str, tuple[str, ...]], rooms: dict[str, tuple[str, ...]]) -> None:
        self.mixer.hearing, self.mixer.rooms = hearing, rooms

    def _happened(self, call_sid: str, parent_sid: str, event: PhoneEvent) -> None:
        """An event's own sound, on the telephone of the call or on that of whoever dialled it."""
        parent = self.mixer.legs.get(parent_sid)
        if parent and event.kind == "ringing":
            parent.player.background(tones.ringing())
        if parent and event.kind == "ended" and parent.player.is_ringing(tones.ringing()):
            parent.player.background(b"")
        leg = self.mixer.legs.get(call_sid)
        if leg is None:
            return
        match event.kind:
            case "answered" | "bridged":
                # Not when unbridged: whoever is held hears music first and is then told to be alone.
                leg.player.background(b"")
            case "hold_music":
                leg.player.hush()
                leg.player.background(tones.music())
            case "beep":
                leg.player.over(tones.beep())
            case "pressed" if self.mixer.hearing.get(call_sid):
                leg.keys.add(tones.keys(str(event.data.get("keys", ""))))

    def prepare(self, core: Core, listeners: list[Call], prompt: Prompt, base: str, play: Play) -> None:
        """Have the sound made first, if a telephone that can be heard is among the listeners."""
        if self._audible.isdisjoint(call.sid for call in listeners):
            play(None)
            return
        ready = self.prompts.ready(prompt, base)
        if ready is not None:
            play(prompts.seconds_of(ready) if ready.samples else None)
            return
        self._makers.submit(self._make, prompt, base, play)

    def _make(self, prompt: Prompt, base: str, play: Play) -> None:
        seconds: float | None = None
        fault = ""
        try:
            audible = self.prompts.make(prompt, base)
            seconds = prompts.seconds_of(audible) if audible else None
        except (ValueError, requests.RequestException) as error:
            # A caller must not wait for what cannot be had: go on with the next verb.
            seconds, fault = 0.0, f"the sound cannot be played: {error}"
        except Exception:
            logger.exception("a prompt could not be made")
        if not self._is_open:
            return
        with self.switch.turn() as core:
            if fault:
                core.alert(13410, fault)
            play(seconds)

    def plays(self, core: Core, call: Call, prompt: Prompt, base: str) -> None:
        """Hand a prompt's samples to the telephone."""
        audible = self.prompts.made(prompt, base)
        if audible and audible.samples:
            self._soon(self._play, call.sid, audible.samples, getattr(prompt, "loop", 1))

    def _play(self, call_sid: str, samples: bytes, rounds: int) -> None:
        leg = self.mixer.legs.get(call_sid)
        if leg:
            leg.player.play(samples, rounds)

    def hushed(self, core: Core, calls: list[Call]) -> None:
        """Stop what is played to these calls."""
        for call in calls:
            self._soon(self._hush, call.sid)

    def _hush(self, call_sid: str) -> None:
        leg = self.mixer.legs.get(call_sid)
        if leg:
            leg.player.hush()

    def recorded(self, core: Core, recording: Recording) -> None:
        """Begin, pause, resume or end the tape of a recording."""
        if not self.has_sound:
            return
        if recording.is_deleted:
            self._erase(recording.sid)
            return
        tape = self._tapes.get(recording.sid)
        if tape is None:
            subject = recording.call_sid or recording.conference_sid
            # A message is the caller's own voice, and a conference has no other side.
            has_one_side = recording.source == "RecordVerb" or not recording.call_sid
            tape = self._tapes[recording.sid] = Tape(subject, recording.track, has_one_side)
            self._refresh(core)
            self._soon(self.mixer.tapes.__setitem__, recording.sid, tape)
        tape.is_skipping = recording.is_skipping
        tape.is_paused = recording.status is RecordingStatus.PAUSED
        if recording.status is RecordingStatus.PROCESSING:
            tape.is_over = True
            self._soon(self.mixer.tapes.pop, recording.sid, None)

    def _erase(self, sid: str) -> None:
        tape = self._tapes.pop(sid, None)
        if tape:
            tape.close()

    def wav_of(self, recording: Recording, channels: int) -> bytes | None:
        """What the tape has of it; None where no telephone with sound took part."""
        tape = self._tapes.get(recording.sid)
        return tape.wav(channels) if tape and tape.is_audible else None

    # What is heard of the telephones (on the loop's thread).

    def join(self, call_sid: str, leg: Leg) -> None:
        """From now on a call is really heard; may be called under the switch's lock."""
        leg.call_sid = call_sid
        self._audible.add(call_sid)
        self._soon(self.mixer.legs.__setitem__, call_sid, leg)

    def part(self, call_sid: str) -> None:
        """A call is over."""
        self._audible.discard(call_sid)
        self._soon(self.mixer.legs.pop, call_sid, None)

    def _spoke(self, call_sid: str) -> None:
        """Somebody speaks: a message that is being taken goes on for as long."""
        is_message = any(tape.subject_sid == call_sid for tape in self.mixer.tapes.values())
        if is_message and self._is_open:
            self._makers.submit(self._go_on_recording, call_sid)

    def _go_on_recording(self, call_sid: str) -> None:
        with self.switch.turn() as core:
            call = core.live_calls.get(call_sid)
            if call and call.main and isinstance(call.main.activity, TakingMessage):
                call.main.speech(core, "", 0.0)
