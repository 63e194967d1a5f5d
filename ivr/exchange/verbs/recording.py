"""Record takes a message; Start and Stop record beside the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.exchange import recorder
from ivr.exchange.model import Recording
from ivr.exchange.phones import hear
from ivr.exchange.script import Activity, Script, Stop, fetch, performs, resume
from ivr.exchange.timeline import Timer
from ivr.exchange.twiml.verbs import Record, StartRecording, StopRecording
from ivr.exchange.webhooks import ask, located, resolve, url_of
from ivr.exchange.webrequest import Fields, WebReply

if TYPE_CHECKING:
    from ivr.exchange.core import Core


class TakingMessage(Activity):
    """A message being taken: it ends by a key, by silence, at its longest, or by hanging up.

    A telephone that says nothing through the control API is taken to speak for as long as its
    ``dictation_seconds`` (or the exchange's setting); 0 is a caller who stays silent.
    """

    def __init__(self, core: Core, script: Script, record: Record) -> None:
        self._script = script
        self._record = record
        self._has_speech = False
        self._silence: Timer | None = None
        self._longest: Timer | None = None
        self._recording = self._begin(core)

    def _begin(self, core: Core) -> Recording:
        call, record = self._script.call, self._record
        if record.has_beep:
            hear(core, call, "beep", finish_on_key=record.finish_on_key, max_seconds=record.max_length)
        given = call.phone.dictation_seconds
        speech = core.settings.dictation_seconds if given is None else given
        self._has_speech = speech > 0
        self._silence = core.after(speech + record.timeout, lambda: self._end(core, ""))
        self._longest = core.after(record.max_length, lambda: self._end(core, ""))
        callback = located(self._script.url, record.callback)
        return recorder.begin(core, source="RecordVerb", call_sid=call.sid, callback=callback)

    def key(self, core: Core, key: str) -> bool:
        if key not in self._record.finish_on_key:
            return False
        self._end(core, key)
        return True

    def speech(self, core: Core, text: str, seconds: float) -> None:
        self._has_speech = True
        if self._silence:
            self._silence.cancel()
        self._silence = core.after(seconds + self._record.timeout, lambda: self._end(core, ""))

    def stop(self, core: Core, why: Stop) -> None:
        self._close(core)
        if why is Stop.HANGUP and self._has_speech:
            call, url = self._script.call, resolve(self._script.url, self._record.action)
            ask(core, call, url, self._record.method, self._fields(core, "hangup"), _ignore)

    def _end(self, core: Core, key: str) -> None:
        self._close(core)
        if not self._has_speech:
            # Nothing was recorded: the verbs after Record are reached after all (twilio.md §3).
            resume(core, self._script)
            return
        fields = self._fields(core, key)
        fetch(core, self._script, self._record.action, self._record.method, fields)

    def _close(self, core: Core) -> None:
        for timer in (self._silence, self._longest):
            if timer:
                timer.cancel()
        recorder.stop(core, self._recording)
        if not self._has_speech:
            self._recording.duration_seconds = 0
        seconds = self._recording.duration_seconds
        hear(core, self._script.call, "recorded", sid=self._recording.sid, seconds=seconds)

    def _fields(self, core: Core, key: str) -> Fields:
        return (
            ("RecordingUrl", url_of(core, self._recording)),
            ("RecordingSid", self._recording.sid),
            ("RecordingDuration", str(self._recording.duration_seconds)),
            ("Digits", key),
        )


def _ignore(_reply: WebReply) -> None:
    """The call is gone: whatever comes back cannot be played."""


@performs(Record)
def perform(core: Core, script: Script, record: Record) -> None:
    """Begin to take a message."""
    script.activity = TakingMessage(core, script, record)


@performs(StartRecording)
def start(core: Core, script: Script, verb: StartRecording) -> None:
    """Record the call from now on, whatever document it runs."""
    recorder.begin(
        core,
        source="StartCallRecordingTwiML",
        call_sid=script.call.sid,
        channels=verb.channels,
        track=verb.track,
        callback=located(script.url, verb.callback),
        name=verb.name,
    )


@performs(StopRecording)
def stop(core: Core, script: Script, verb: StopRecording) -> None:
    """End the recording of that name, or all that were started."""
    for recording in recorder.live_of(core, script.call.sid):
        if not verb.name or recording.name == verb.name:
            recorder.stop(core, recording)
