"""What the floor costs its server where one supervisor has it open, and where many have."""

from collections.abc import Sequence
from contextlib import closing
from time import sleep
from typing import Final

from agents.bench.browsers import sign_in
from agents.bench.log_pages import LogPages
from agents.bench.sizes import Sizes
from agents.bench.throw_away import ThrowAway
from agents.supervisor.snapshots import TICK_SECONDS
from config.bench.client import Client, Request
from config.bench.figures import Finding, Unit, median
from config.bench.memory import computed_seconds
from config.bench.scripts import Step, TurnFailed
from config.clock import stopwatch

# The same, but for noise.
_GOAL: Final = 1.2
_PARTS: Final = ("now", "waiting")
# A page asks anew a little later than the server looks anew (`static/floor.js`).
_EVERY_SECONDS: Final = TICK_SECONDS + 0.2


def compare_floors(centre: ThrowAway, pages: LogPages, *, sizes: Sizes, step: Step) -> list[Finding]:
    """Browsers with the floor open, which all hear of news in each tick and look again. A step a browser and look."""
    url = centre.settings.desk_url
    browsers = []
    for _ in range(sizes.floor_supervisors):
        browsers.append(sign_in(url, name=pages.name, password=pages.password, page="/floor"))
        step()
    pids = centre.pids("desk")
    with closing(Client(url)) as client:
        first, _, alone = _looked(client, url, browsers[:1], pids, sizes.floor_looks, step)
        _, others, together = _looked(client, url, browsers, pids, sizes.floor_looks, step)
    many = sizes.floor_supervisors
    return [
        Finding("the first look in a tick, median", median(first) * 1000, Unit.MILLISECONDS),
        Finding("each further supervisor's, median", median(others) * 1000, Unit.MILLISECONDS),
        Finding("processor time a tick, 1 supervisor", alone * 1000, Unit.MILLISECONDS),
        Finding(f"processor time a tick, {many} supervisors", together * 1000, Unit.MILLISECONDS),
        Finding(f"processor time a tick: {many} ÷ 1", together / alone, Unit.RATIO, sizes.goal(_GOAL)),
        Finding("processor time for each supervisor more", (together - alone) / (many - 1) * 1000, Unit.MILLISECONDS),
    ]


def _looked(
    client: Client, url: str, browsers: Sequence[str], pids: Sequence[int], looks: int, step: Step
) -> tuple[list[float], list[float], float]:
    """Seconds of the first browser's looks and of the others', and the server's processor time for one tick of them."""
    first, others, before = [], [], computed_seconds(pids)
    for _ in range(looks):
        due_at = stopwatch() + _EVERY_SECONDS
        first.append(_look(client, url, browsers[0]))
        others += [_look(client, url, cookies) for cookies in browsers[1:]]
        sleep(max(0.0, due_at - stopwatch()))
        step()
    return first, others, (computed_seconds(pids) - before) / looks


def _look(client: Client, url: str, cookies: str) -> float:
    """Seconds for both live parts of the page. Raises TurnFailed where one is not shown."""
    seconds = 0.0
    for part in _PARTS:
        reply = client.send(Request(f"{url}/floor/parts/{part}", headers={"Cookie": cookies}, method="GET"))
        if not reply.is_good:
            raise TurnFailed(f"the floor answered {reply.status}")
        seconds += reply.seconds
    return seconds
