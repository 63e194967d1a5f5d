"""The parts of the bench, each measured on a database of one kind."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Final

from agents.bench import matching, paths
from agents.bench.browsers import sign_in
from agents.bench.callers import WAITING, Callers, Path, Person
from agents.bench.desks import Desks
from agents.bench.happenings import CallersQueued, PresenceChanges
from agents.bench.people import load_accounts, load_agents
from agents.bench.ringing import INSURER, SKILL, Ringing
from agents.bench.sizes import Sizes
from agents.bench.throw_away import ThrowAway
from agents.floor import Floor
from config.bench.calls import hold_calls
from config.bench.client import Client
from config.bench.figures import Finding, Unit
from config.bench.growth import growth_findings
from config.bench.memory import memory_of
from config.bench.scripts import CallScript, Step
from config.bench.streams import EventStreams
from config.bench.turns import compare_turns
from config.bench.waits import time_effects, wait_findings

_RING_GOAL_MS: Final = 150.0
_NEWS_GOAL_MS: Final = 200.0
_GROWTH_GOAL: Final = 4.0
# Of ten calls in progress.
_WAITING_OF_TEN: Final = 4
_TEN: Final = 10
_WARM_UP_EVERY: Final = 0.2
_CALLS_GOAL: Final = 1000
# How often something happens to one of the desks, and to all of them.
_OWN_EVERY: Final = 0.1
_COMMON_EVERY: Final = 0.5


class Part(StrEnum):
    """What can be measured, by the name that the command line gives it."""

    TURN = "turn"
    RINGING = "ringing"
    CALLS = "calls"
    DESK = "desk"
    ROUTING = "routing"
    LOG = "log"


USUAL: Final = tuple(part for part in Part if part is not Part.LOG)
"""What is measured where no part is named: building a log takes longer than all the rest."""


@dataclass(frozen=True)
class Scene:
    """A running centre, the people who call it, and how much to measure."""

    centre: ThrowAway
    people: Mapping[str, Sequence[Person]]
    sizes: Sizes
    # Of all calls: who has asked for something in one part is told of it when they ring again, and not asked anew.
    numbers: Iterator[int] = field(default_factory=count)

    def turns(self, step: Step, *, goal: float) -> list[Finding]:
        """Whole calls, turn by turn, beside the bare app."""
        cost = compare_turns(
            self._callers(paths.MENUS).script,
            address=self.centre.settings.public_url,
            bare_url=self.centre.bare_url,
            turns=self.sizes.turns,
            # A round is no turn of the flow: nobody pressed anything, and the music goes on.
            apart=(WAITING,),
            warm_up_calls=2 * len(paths.MENUS),
            step=step,
        )
        return cost.findings(goal=self.sizes.goal(goal))

    def ringing(self, step: Step) -> list[Finding]:
        """From "agent available" to "ringing"."""
        with closing(Client(self.centre.settings.public_url)) as web:
            scene = Ringing(self.centre.floor, web, self._callers(paths.QUEUED))
            taken = time_effects(scene, rounds=self.sizes.rings, step=step)
        return wait_findings(taken, name="available to ringing", goal_ms=self.sizes.goal(_RING_GOAL_MS))

    def calls(self, step: Step) -> list[Finding]:
        """Calls in progress at once, of which four in ten wait."""
        scripts, sizes = self._mixed(), self.sizes
        # Every program has done everything before its memory is looked at.
        hold_calls(scripts, calls=2 * _TEN, every_seconds=_WARM_UP_EVERY, run_seconds=sizes.warm_up_seconds)
        measured = hold_calls(
            scripts,
            calls=sizes.calls,
            every_seconds=sizes.every_seconds,
            run_seconds=sizes.run_seconds,
            pids=self.centre.pids,
            step=step,
        )
        return measured.findings(goal=_CALLS_GOAL if sizes.is_judged else None)

    def desk(self, step: Step) -> list[Finding]:
        """Browsers with open desks: how soon they hear of what happens, and what each weighs."""
        centre, sizes = self.centre, self.sizes
        codes = [f"desk-{number}" for number in range(sizes.desks)]
        cookies = self._signed_in(codes, step)
        with (
            closing(EventStreams(f"{centre.settings.desk_url}/news")) as streams,
            closing(Client(centre.settings.public_url)) as web,
        ):
            desks, before = Desks(streams), memory_of(centre.pids("desk"))
            for one in cookies:
                desks.open(one)
                step()
            held = memory_of(centre.pids("desk"))
            # First what all hear: whoever has heard it has heard all that came of the opening, too.
            queued = CallersQueued(web, self._callers(paths.QUEUED))
            common = desks.time(queued, times=sizes.common_news, every_seconds=_COMMON_EVERY, step=step)
            changes = PresenceChanges(centre.floor, codes)
            own = desks.time(changes, times=sizes.own_news, every_seconds=_OWN_EVERY, step=step)
        goal_ms = sizes.goal(_NEWS_GOAL_MS)
        return [
            Finding("desks open", sizes.desks, Unit.COUNT),
            *wait_findings(own, name="an agent's own news", goal_ms=goal_ms),
            *wait_findings(common, name="news for every desk", goal_ms=goal_ms),
            Finding("memory of the desks' program", held / 2**20, Unit.MEBIBYTES),
            Finding("memory per desk, growth", max(0, held - before) / sizes.desks / 1024, Unit.KIBIBYTES),
        ]

    def _signed_in(self, codes: Sequence[str], step: Step) -> list[str]:
        """The cookies of a browser for each of the agents, who are new here. A step an account, and one a browser."""
        settings, centre = self.centre.settings, self.centre.floor.centre
        load_agents(centre, self.centre.folder, INSURER, codes, skill=SKILL)
        password = load_accounts(centre, INSURER, codes, step=step)
        cookies = []
        for code in codes:
            cookies.append(sign_in(settings.desk_url, name=code, password=password))
            step()
        return cookies

    def _mixed(self) -> Callable[[], CallScript]:
        waiting, in_menus, numbers = self._callers(paths.WAITING), self._callers(paths.MENUS), count()
        return lambda: (waiting if next(numbers) % _TEN < _WAITING_OF_TEN else in_menus).script()

    def _callers(self, ways: Sequence[Path]) -> Callers:
        return Callers(self.centre.floor.centre, ways, self.people, self.numbers)


def route(make_floor: Callable[[], Floor], sizes: Sizes, step: Step) -> list[Finding]:
    """What a match costs with few and with many waiting."""
    medians = matching.time_matches(
        make_floor,
        INSURER,
        sizes=sizes.routing_sizes,
        agents=sizes.routing_agents,
        rounds=sizes.routing_rounds,
        step=step,
    )
    return growth_findings(medians, name="waiting", goal=sizes.goal(_GROWTH_GOAL))
