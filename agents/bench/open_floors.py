"""What the floor costs its server where one supervisor has it open, and where many have."""

import re
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from time import sleep
from typing import Final
from urllib.parse import urlencode

from agents.at_work import commands
from agents.bench.browsers import sign_in
from agents.bench.built_logs import INSURER
from agents.bench.log_pages import LogPages
from agents.bench.ringing import NeverCame
from agents.bench.sizes import Sizes
from agents.bench.throw_away import ThrowAway
from agents.floor import Floor
from agents.staff.pushing import TICK_SECONDS
from agents.staff.server_events import unpacked
from config.bench.figures import Finding, Unit, median
from config.bench.memory import computed_seconds
from config.bench.scripts import Step
from config.bench.streams import EventStreams
from config.clock import stopwatch

# The same, but for noise.
_GOAL: Final = 1.2
_PARTS: Final = ("/floor/parts/now", "/floor/parts/waiting")
_LOOKED_AT: Final = re.compile(r'data-at="([^"]+)"')
# A little longer than a tick, so that every change is pushed by itself.
_EVERY_SECONDS: Final = TICK_SECONDS + 0.2
_PATIENCE_SECONDS: Final = 20.0


def compare_floors(centre: ThrowAway, pages: LogPages, *, sizes: Sizes, step: Step) -> list[Finding]:
    """Browsers with the floor open, which changes in each tick. A step a browser and tick."""
    url, many = centre.settings.desk_url, sizes.floor_supervisors
    pids = centre.pids("desk")
    with closing(EventStreams(f"{url}/news?{urlencode([('watch', one) for one in _PARTS])}")) as streams:
        floors = Floors(streams, centre.floor)
        floors.open(sign_in(url, name=pages.name, password=pages.password, page="/floor"))
        step()
        alone, own = floors.run(pids, ticks=sizes.floor_ticks, step=step)
        for _ in range(many - 1):
            floors.open(sign_in(url, name=pages.name, password=pages.password, page="/floor"))
            step()
        together, last = floors.run(pids, ticks=sizes.floor_ticks, step=step)
    return [
        Finding("from a change to the one supervisor, median", median(own) * 1000, Unit.MILLISECONDS),
        Finding(f"from a change to the last of {many}, median", median(last) * 1000, Unit.MILLISECONDS),
        Finding("processor time a tick, 1 supervisor", alone * 1000, Unit.MILLISECONDS),
        Finding(f"processor time a tick, {many} supervisors", together * 1000, Unit.MILLISECONDS),
        Finding(f"processor time a tick: {many} ÷ 1", together / alone, Unit.RATIO, sizes.goal(_GOAL)),
        Finding("processor time for each supervisor more", (together - alone) / (many - 1) * 1000, Unit.MILLISECONDS),
    ]


class Floors:
    """The streams of browsers that show the floor, and the floor itself, where agents are away."""

    def __init__(self, streams: EventStreams, floor: Floor) -> None:
        self._streams = streams
        self._floor = floor
        self._open = 0
        self._changes = 0

    def open(self, cookies: str) -> None:
        """One more; returns when it was sent its parts. Raises NeverCame."""
        began_at = self._floor.centre.clock.now()
        number, self._open = self._streams.open(cookies), self._open + 1
        self._await([number], began_at)

    def run(self, pids: Sequence[int], *, ticks: int, step: Step) -> tuple[float, list[float]]:
        """The server's processor time for a tick, and seconds from each change until the last browser was sent both
        parts. Raises NeverCame.
        """
        # What the opening of the streams leads to is over with the first.
        self._tick()
        before, taken = computed_seconds(pids), []
        for _ in range(ticks):
            taken.append(self._tick())
            step()
        return (computed_seconds(pids) - before) / ticks, taken

    def _tick(self) -> float:
        due_at = stopwatch() + _EVERY_SECONDS
        before_at, began = self._floor.centre.clock.now(), stopwatch()
        self._change()
        heard_at = self._await(range(self._open), before_at)
        sleep(max(0.0, due_at - stopwatch()))
        return heard_at - began

    def _change(self) -> None:
        """An agent who is away is so for another reason."""
        reasons = [*self._floor.centre.insurers[INSURER].away_reasons]
        self._changes += 1
        reason = reasons[self._changes % len(reasons)]
        commands.go_away(self._floor, insurer_id=INSURER, code=f"{INSURER}-1", reason=reason)

    def _await(self, numbers: Sequence[int], since: datetime) -> float:
        """When, by the stopwatch, the last of these streams was sent the last part of a look after `since`."""
        missing, deadline = {(number, part) for number in numbers for part in _PARTS}, stopwatch() + _PATIENCE_SECONDS
        while True:
            heard = self._streams.next(within_seconds=deadline - stopwatch())
            if heard is None:
                raise NeverCame(f"{len(missing)} parts of the floor were not sent in {_PATIENCE_SECONDS:.0f} s")
            if heard.kind == "part":
                address, html = unpacked(heard.data)
                if _looked_at(html) > since:
                    missing.discard((heard.stream, address))
            if not missing:
                return heard.at


def _looked_at(html: str) -> datetime:
    found = _LOOKED_AT.search(html)
    return datetime.fromisoformat(found[1] if found else "")
