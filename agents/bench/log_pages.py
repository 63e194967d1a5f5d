"""How long the pages of the call log take, over HTTP and whole, with few and with very many calls on record."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from agents.accounts.looking_after import add_account
from agents.accounts.models import Role
from agents.accounts.passwords import fresh_password
from agents.bench.browsers import form_token, sign_in
from agents.bench.built_logs import INSURER
from agents.bench.log_questions import Question, Supervisor, questions
from agents.bench.sizes import Sizes
from agents.bench.throw_away import ThrowAway
from config.bench.client import Client, Request
from config.bench.figures import Finding, Unit, median, percentile
from config.bench.scripts import Step, TurnFailed
from config.ids import new_id

_GOAL_MS: Final = 300.0
_GROWTH_GOAL: Final = 1.5
"""Logarithmic: the logarithm of a million is one and a half times that of ten thousand."""
_PERCENT: Final = 95
_ROW: Final = b'<tr id="call-'


@dataclass
class LogPages:
    """The pages of one log, with a supervisor signed in, who can do so again by name and password."""

    calls: int
    supervisor: Supervisor
    client: Client
    asked: Mapping[str, Question]
    name: str
    password: str = field(repr=False)

    def ask(self, name: str, number: int) -> tuple[float, int]:
        """How many seconds the page took that answers a question, and how many calls it shows. Raises TurnFailed."""
        reply = self.client.send(self.supervisor.request(self.asked[name], number))
        if not reply.is_good:
            raise TurnFailed(f"{name}: a page was answered with {reply.status}")
        return reply.seconds, reply.body.count(_ROW)


def open_pages(centre: ThrowAway, *, calls: int) -> LogPages:
    """Sign a new supervisor in at a centre with so many calls on record. Raises TurnFailed."""
    own, url = centre.floor.centre, centre.settings.desk_url
    name, password = f"bench-{new_id(own.clock.now())}", fresh_password()
    add_account(own, insurer_id=INSURER, name=name, role=Role.SUPERVISOR, password=password, by="bench")
    cookies = sign_in(url, name=name, password=password, page="/floor")
    supervisor = Supervisor(url, cookies, form_token(url, cookies, page="/calls"))
    return LogPages(calls, supervisor, Client(url), {one.name: one for one in questions(own)}, name, password)


def compare_logs(logs: Sequence[LogPages], *, bare_url: str, sizes: Sizes, step: Step) -> list[Finding]:
    """Every question to every log, in turns so that noise hits all alike; beside them the bare app. A step a round."""
    taken: dict[tuple[str, int], list[float]] = defaultdict(list)
    shown: dict[tuple[str, int], int] = defaultdict(int)
    bare: list[float] = []
    names = list(logs[0].asked)
    with closing(Client(bare_url)) as yardstick:
        # The first round is not counted: processes open their connections in it.
        for number in range(-1, sizes.log_rounds):
            for name in names:
                asked = {log.calls: log.ask(name, number) for log in logs}
                blank = yardstick.send(Request(bare_url)).seconds
                if number >= 0:
                    bare.append(blank)
                    for calls, (seconds, rows) in asked.items():
                        taken[name, calls].append(seconds)
                        shown[name, calls] += rows
            step()
    # A page of fifty calls takes longer than one of three: only pages alike say how the search itself grows.
    few, many = (log.calls for log in logs)
    alike = {name for name in names if shown[name, many] <= 1.2 * shown[name, few]}
    indexed = alike & {name for name, one in logs[0].asked.items() if one.is_indexed}
    blank_ms = median(bare) * 1000
    found = [Finding("bare app, median", blank_ms, Unit.MILLISECONDS)]
    for name in names:
        samples = {log.calls: [one * 1000 for one in taken[name, log.calls]] for log in logs}
        found += _findings(name, samples, sizes, bare_ms=blank_ms, is_indexed=name in indexed)
    return found


def _findings(
    name: str, samples: Mapping[int, Sequence[float]], sizes: Sizes, *, bare_ms: float, is_indexed: bool
) -> list[Finding]:
    few, many = min(samples), max(samples)
    middle = median(samples[many])
    growth_goal = sizes.goal(_GROWTH_GOAL) if is_indexed else None
    return [
        Finding(f"{name}: median", middle, Unit.MILLISECONDS),
        Finding(
            f"{name}: 95th percentile", percentile(samples[many], _PERCENT), Unit.MILLISECONDS, sizes.goal(_GOAL_MS)
        ),
        Finding(f"{name}: {many:,} ÷ {few:,}", middle / median(samples[few]), Unit.RATIO, growth_goal),
        Finding(f"{name}: ÷ bare app", middle / bare_ms, Unit.RATIO),
    ]
