"""Gather: prompts that a key interrupts, then keys until enough, a finish key or silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.exchange import holders
from ivr.exchange.phones import hear
from ivr.exchange.script import Activity, Script, Stop, fetch, performs, resume
from ivr.exchange.timeline import Timer
from ivr.exchange.twiml.verbs import Gather
from ivr.exchange.verbs.saying import Speaking
from ivr.exchange.webhooks import call_fields, located, tell
from ivr.exchange.webrequest import Fields

if TYPE_CHECKING:
    from ivr.exchange.core import Core


# Nobody answers within a second of a prompt's end: such a Gather only listens over its prompts, and asks nothing.
PASSING_SECONDS = 1


class Gathering(Activity):
    """One Gather under way. The timer starts after the prompts, or with the last key."""

    def __init__(self, core: Core, script: Script, gather: Gather) -> None:
        self._script = script
        self._gather = gather
        self._digits = ""
        self._timer: Timer | None = None
        self._is_done = False
        self._speaking: Speaking | None = Speaking(
            lambda: [script.call], script.url, list(gather.prompts), lambda: self._listen(core)
        )

    def begin(self, core: Core) -> None:
        """Use the keys pressed early; what they leave undone is prompted for."""
        call = self._script.call
        while call.keys_ahead and not self._is_done and "dtmf" in self._gather.input:
            key, call.keys_ahead = call.keys_ahead[0], call.keys_ahead[1:]
            self.key(core, key)
        if not self._is_done and self._speaking:
            self._speaking.begin(core)

    def key(self, core: Core, key: str) -> bool:
        gather = self._gather
        if self._is_done or "dtmf" not in gather.input:
            return False
        self._hush(core)
        if key in gather.finish_on_key:
            self._finish(core, key)
            return True
        self._digits += key
        if gather.num_digits and len(self._digits) >= gather.num_digits:
            self._finish(core, "")
        else:
            self._restart_timer(core, gather.timeout)
        return True

    def speech(self, core: Core, text: str, seconds: float) -> None:
        # With both inputs the one detected first wins (twilio.md §3).
        is_interrupting = self._speaking is None or self._gather.is_barge_in
        if self._is_done or self._digits or "speech" not in self._gather.input or not is_interrupting:
            return
        self._hush(core)
        self._tell_partly(core, text)
        wait = seconds + self._gather.speech_timeout
        fields = (("SpeechResult", text), ("Confidence", "0.9"))
        if self._timer:
            self._timer.cancel()
        self._timer = core.after(wait, lambda: self._submit(core, fields))

    def _tell_partly(self, core: Core, text: str) -> None:
        """What is understood so far; the answer's document is not run (twilio.md §1)."""
        where = located(self._script.url, self._gather.partial_result)
        tell(core, where, (*call_fields(core, self._script.call), ("UnstableSpeechResult", text)))

    def stop(self, core: Core, why: Stop) -> None:
        self._is_done = True
        self._hush(core)
        if self._timer:
            self._timer.cancel()

    def _hush(self, core: Core) -> None:
        if self._speaking:
            self._speaking.stop(core, Stop.REDIRECTED)
            self._speaking = None

    def _listen(self, core: Core) -> None:
        self._speaking = None
        gather = self._gather
        self._restart_timer(core, gather.timeout)
        if gather.timeout <= PASSING_SECONDS:
            return
        hear(
            core,
            self._script.call,
            "waits_for_input",
            input=list(gather.input),
            num_digits=gather.num_digits,
            finish_on_key=gather.finish_on_key,
            timeout_seconds=gather.timeout,
        )
        holders.prompted(core, self._script.call)

    def _restart_timer(self, core: Core, seconds: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = core.after(seconds, lambda: self._finish(core, ""))

    def _finish(self, core: Core, finish_key: str) -> None:
        """Submit the digits; with none, go on to the next verb or ask with an empty result."""
        if self._digits:
            extra = [("Digits", self._digits), ("msg", "Gather End")]
            if finish_key:
                extra.append(("FinishedOnKey", finish_key))
            self._submit(core, tuple(extra))
        elif self._gather.is_action_on_empty:
            self._submit(core, (("msg", "Gather End"),))
        else:
            self.stop(core, Stop.LEFT)
            resume(core, self._script)

    def _submit(self, core: Core, extra: Fields) -> None:
        self.stop(core, Stop.LEFT)
        fetch(core, self._script, self._gather.action, self._gather.method, extra)


@performs(Gather)
def perform(core: Core, script: Script, gather: Gather) -> None:
    """Begin to gather."""
    gathering = Gathering(core, script, gather)
    script.activity = gathering
    gathering.begin(core)
