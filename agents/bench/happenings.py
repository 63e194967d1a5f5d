"""What happens at a centre while desks are open: to one agent, and to the whole queue."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from agents.at_work import commands
from agents.bench.callers import Callers
from agents.bench.ringing import INSURER
from agents.floor import Floor
from config.bench.client import Client, Request
from config.bench.scripts import CallScript
from config.bench.turns import posted
from config.news import News


@dataclass
class PresenceChanges:
    """One agent, another each time, becomes available or goes away: that is the agent's own news, and no other's."""

    floor: Floor
    codes: Sequence[str]
    _number: int = 0

    def set_up(self, number: int) -> None:
        """Whose turn it is."""
        self._number = number

    def cause(self) -> None:
        """As by the desk's own button."""
        rounds, whose = divmod(self._number, len(self.codes))
        change = commands.go_away if rounds % 2 else commands.become_available
        change(self.floor, insurer_id=INSURER, code=self.codes[whose])

    def is_told_by(self, news: News) -> bool:
        """An agent's desk hears of no other agent's presence."""
        return news.kind == "presence"

    def listeners(self, desks: int) -> Collection[int]:
        """The agent's own desk."""
        return [self._number % desks]

    def reset(self) -> None:
        """The agent stays so until their next turn."""


@dataclass
class CallersQueued:
    """A caller presses the key that queues them: every desk of the insurer hears it, whoever is to answer."""

    web: Client
    callers: Callers
    _script: CallScript = field(init=False)
    _next: Request = field(init=False)
    _known: set[str] = field(default_factory=set)
    _newest: str = ""

    def set_up(self, number: int) -> None:
        """The call comes in, and is asked for a key."""
        self._script, self._newest = self.callers.script(), ""
        self._next = self._script.send(posted(self.web, next(self._script)))

    def cause(self) -> None:
        """The key's whole webhook: its commit is somewhere in it."""
        self._next = self._script.send(posted(self.web, self._next))

    def is_told_by(self, news: News) -> bool:
        """The wait of which nobody had heard before; those who left may still be news."""
        if news.kind == "wait" and news.subject not in self._known:
            self._known.add(news.subject)
            self._newest = news.subject
        return news.kind == "wait" and news.subject == self._newest

    def listeners(self, desks: int) -> Collection[int]:
        """All of them."""
        return range(desks)

    def reset(self) -> None:
        """The caller hangs up."""
        posted(self.web, self._next)
