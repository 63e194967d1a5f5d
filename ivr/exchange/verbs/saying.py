"""Say, Play and Pause: prompts one after another, each for as long as it would take."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, assert_never

from ivr.exchange.phones import hear
from ivr.exchange.script import Activity, Script, Stop, performs, resume
from ivr.exchange.timeline import Timer
from ivr.exchange.twiml.verbs import Pause, Play, Prompt, Say
from ivr.exchange.webhooks import resolve

if TYPE_CHECKING:
    from ivr.exchange.core import Core
    from ivr.exchange.model import Call


class Speaking(Activity):
    """Prompts being played to some calls; ``done`` is called when the last one has ended."""

    def __init__(
        self, listeners: Callable[[], list[Call]], base: str, prompts: list[Prompt], done: Callable[[], None]
    ) -> None:
        self._listeners = listeners
        self._base = base
        self._prompts = prompts
        self._done = done
        self._timer: Timer | None = None
        self._is_stopped = False

    def begin(self, core: Core) -> None:
        """Play the first prompt, or end at once if there is none."""
        if not self._prompts:
            self._done()
            return
        prompt = self._prompts.pop(0)
        core.sound.prepare(core, self._listeners(), prompt, self._base, partial(self._play, core, prompt))

    def _play(self, core: Core, prompt: Prompt, round_seconds: float | None) -> None:
        if self._is_stopped:
            return
        for call in self._listeners():
            play_to(core, call, prompt, self._base, round_seconds)
        self._timer = core.after(seconds_of(core, prompt, round_seconds), lambda: self.begin(core))

    def stop(self, core: Core, why: Stop) -> None:
        self._is_stopped = True
        if self._timer:
            self._timer.cancel()
        core.sound.hushed(core, self._listeners())


def play_to(core: Core, call: Call, prompt: Prompt, base: str, round_seconds: float | None = None) -> None:
    """Tell the telephone what it hears; `round_seconds` is how long one round of it lasts, where that is known."""
    known = {} if round_seconds is None else {"round_seconds": round(round_seconds, 3)}
    core.sound.plays(core, call, prompt, base)
    match prompt:
        case Say():
            said = {"text": prompt.text, "language": prompt.language, "voice": prompt.voice}
            hear(core, call, "hears", **said, **known)
        case Play(digits=digits) if digits:
            hear(core, call, "hears", keys=digits)
        case Play():
            says = {"text": prompt.text} if prompt.text else {}
            hear(core, call, "hears", url=resolve(base, prompt.url), loop=prompt.loop, **says, **known)
        case Pause():
            pass
        case _:
            assert_never(prompt)


def seconds_of(core: Core, prompt: Prompt, round_seconds: float | None = None) -> float:
    """How long a prompt lasts: by its real sound where `round_seconds` says so, else by the length of its text."""
    match prompt:
        case Say() | Play(digits="") if round_seconds is not None:
            return prompt.loop * round_seconds
        case Say():
            return prompt.loop * len(prompt.text) / core.settings.characters_per_second
        case Play(digits="") if prompt.text:
            return prompt.loop * len(prompt.text) / core.settings.characters_per_second
        case Play(digits=digits) if digits:
            return prompt.loop * keying_seconds(digits)
        case Play():
            return prompt.loop * core.settings.play_seconds
        case Pause():
            return float(prompt.length)
        case _:
            assert_never(prompt)


def keying_seconds(digits: str) -> float:
    """How long keys take to send: ``w`` is half a second, ``W`` a whole one."""
    return sum({"w": 0.5, "W": 1.0}.get(key, 0.2) for key in digits)


def key_digits(core: Core, call: Call, then: Callable[[], None]) -> None:
    """Key the digits that a call was placed with, as its telephone hears them, if any; then go on."""
    if not call.send_digits:
        then()
        return
    hear(core, call, "hears", keys=call.send_digits)
    core.after_unless_over(call, keying_seconds(call.send_digits), then)


@performs(Say)
@performs(Play)
@performs(Pause)
def perform(core: Core, script: Script, prompt: Prompt) -> None:
    """Play one prompt to the script's call."""
    listeners = script.listeners or (lambda: [script.call])
    speaking = Speaking(listeners, script.url, [prompt], lambda: resume(core, script))
    script.activity = speaking
    speaking.begin(core)
