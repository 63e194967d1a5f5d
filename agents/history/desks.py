"""The agents of the history at their desks: they come and go, talk, hold, pass on, write down, by the desk's services.

Nothing here makes anything happen in the centre but what an agent can do, and what can be done with a telephone.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Final, Protocol, cast

from sqlalchemy import Table, select

from agents import commands, joining
from agents.autopilot import OFF_SHIFT
from agents.caller_requests import OnCall
from agents.errors import AgentError
from agents.floor import Floor
from agents.history.agenda import Agenda
from agents.history.duties import Colleague, Stretch, breaks
from agents.history.matters import matter_of, open_letter, written
from agents.models import OPEN_OFFER, SERVING_PURPOSES, Agent, Offer, Presence
from agents.wrap_up import record_call_outcome
from config.prepared import Prepared
from ivr.calls.models import Call

_AGENTS: Final = cast(Table, Agent.__table__).c
# At every step of the clock. Not in the order of ids, which are others in each installation: dice fall in this order.
_EVERYBODY: Final = Prepared(
    select(_AGENTS.id, _AGENTS.presence, _AGENTS.presence_since, _AGENTS.presence_reason, _AGENTS.call_id).order_by(
        _AGENTS.code
    )
)
_CALLED_AWAY: Final = ("rona", "declined", "unreachable", "connection_lost")
_MISSES: Final = 0.015
_LETTERS: Final = 0.08
_HOLDS, _PASSES, _CONSULTS = 0.14, 0.05, 0.04
_CALLER_ENDS: Final = 0.2
_SAYS_HOW_IT_WAS: Final = 0.45
_LISTENS_SECONDS, _LISTENS_TIMES = 4, 6
_MARKS: Final = ("5", "4", "3", "2", "1")
_MARKED: Final = (58, 22, 9, 5, 6)


class Telephones(Protocol):
    """The telephones at the carrier (`ivr.exchange.telephones.ManyTelephones`)."""

    def dial(self, to: str, ani: str, presses: tuple[str, ...], *, think_seconds: float, speaks_seconds: float) -> str:
        """Call a line; the call's sid."""

    def happened(self, call_sid: str) -> list[str]:
        """What happened at the telephone of a call so far, by its kind, in order."""

    def press(self, call_sid: str, keys: str) -> None:
        """Press keys."""

    def talk_about(self, call_sid: str, matter: str) -> None:
        """What is said there, where it is recorded, is about this matter."""

    def hang_up(self, call_sid: str) -> None:
        """Put the receiver down."""

    def hang_up_all(self) -> None:
        """Everybody puts the receiver down."""

    def answers(self, pattern: str, *, after_seconds: float, talk_seconds: float | None = None) -> None:
        """Addresses like that pick up."""

    def is_left_to_ring(self, pattern: str) -> None:
        """Nobody picks up at addresses like that."""


@dataclass(frozen=True)
class _Doing:
    """What an agent does now, and since when: something planned for it is void once this has changed."""

    presence: Presence
    since: datetime
    reason: str | None
    call_id: str | None


@dataclass(frozen=True)
class _Talk:
    """A conversation that somebody has begun, and the caller's telephone."""

    who: Colleague
    doing: _Doing
    call: Call
    queue: str


class Desks:
    """Everybody's desk. `look` after every step of the clock: whoever finds something new there plans what to do."""

    def __init__(
        self,
        floor: Floor,
        telephones: Telephones,
        agenda: Agenda,
        people: Sequence[Colleague],
        duties: Mapping[str, Sequence[Stretch]],
        dice: Random,
    ) -> None:
        self._floor = floor
        self._telephones = telephones
        self._agenda = agenda
        self._people = {one.id: one for one in people}
        self._duties = duties
        self._dice = dice
        self._doing: dict[str, _Doing] = {}

    @property
    def now(self) -> datetime:
        """The instant on the moved clock."""
        return self._floor.centre.clock.now()

    def open(self) -> None:
        """Plan everybody's day: when they come, their breaks, when they go."""
        for one in self._people.values():
            self._telephones.answers(one.address, after_seconds=4.0)
            for begins_at, ends_at in self._duties[one.id]:
                self._at(begins_at, partial(self._come, one), late_seconds=240)
                self._at(ends_at, partial(self._go, one, OFF_SHIFT))
                for reason, away_at, back_at in breaks((begins_at, ends_at), self._dice):
                    self._at(away_at, partial(self._rest, one, reason))
                    self._at(back_at, partial(self._come, one))
        self.look()

    def look(self) -> None:
        """See what everybody is doing now, and let them react to what has changed."""
        with self._floor.centre.database.reading("desks_of_history") as tx:
            rows = _EVERYBODY.rows(tx, {})
        for agent_id, presence, since, reason, call_id in rows:
            doing = _Doing(Presence(presence), since, reason, call_id)
            if self._doing.get(agent_id) != doing and agent_id in self._people:
                self._doing[agent_id] = doing
                self._react(self._people[agent_id], doing)

    def on_duty(self) -> dict[str, str]:
        """The code of an agent who is there, by insurer: for what the desk does between calls."""
        there = [one for one in self._people.values() if self._doing[one.id].presence is not Presence.AWAY]
        return {one.insurer_id: one.code for one in reversed(there) if not one.is_supervisor}

    def is_quiet(self) -> bool:
        """Whether nobody has a call, or one to write down."""
        return all(one.presence in (Presence.AVAILABLE, Presence.AWAY) for one in self._doing.values())

    def close(self) -> None:
        """Everybody goes home: after the last day nobody is there whom a call could reach."""
        for one in self._people.values():
            self._do(partial(commands.go_away, self._floor, **_named(one), reason=OFF_SHIFT))

    def _react(self, one: Colleague, doing: _Doing) -> None:
        match doing.presence:
            case Presence.AVAILABLE if not self._is_due_here(one):
                self._after(20, lambda: self._go(one, OFF_SHIFT))
            case Presence.AVAILABLE:
                self._pick_up_next(one)
            case Presence.AWAY if doing.reason in _CALLED_AWAY:
                self._after(self._dice.uniform(60, 240), lambda: self._come(one))
            case Presence.ON_CALL:
                self._talk(one, doing)
            case Presence.WRAP_UP:
                seconds = min(170, self._dice.lognormvariate(3.4, 0.6))
                self._after(seconds, lambda: self._write_down(one, doing))
            case _:
                pass

    # --- coming and going ----------------------------------------------------------------------

    def _come(self, one: Colleague) -> None:
        if self._is_due_here(one):
            self._do(lambda: commands.become_available(self._floor, **_named(one)))

    def _rest(self, one: Colleague, reason: str) -> None:
        if self._doing[one.id].presence is Presence.AVAILABLE:
            self._do(lambda: commands.go_away(self._floor, **_named(one), reason=reason))

    def _go(self, one: Colleague, reason: str) -> None:
        """Whoever is in a call goes when it is over."""
        if self._doing[one.id].presence in (Presence.AVAILABLE, Presence.AWAY) and not self._is_due_here(one):
            self._do(lambda: commands.go_away(self._floor, **_named(one), reason=reason))

    def _is_due_here(self, one: Colleague) -> bool:
        return any(begins_at <= self.now < ends_at for begins_at, ends_at in self._duties[one.id])

    def _pick_up_next(self, one: Colleague) -> None:
        """Some are quicker at the telephone; now and then one rings at an empty chair."""
        if self._dice.random() < _MISSES:
            self._telephones.is_left_to_ring(one.address)
        else:
            self._telephones.answers(one.address, after_seconds=round(self._dice.uniform(2, 8), 1))

    # --- a conversation ------------------------------------------------------------------------

    def _talk(self, one: Colleague, doing: _Doing) -> None:
        with self._floor.centre.database.reading("talk_of_history") as tx:
            offer = tx.scalar(select(Offer).where(Offer.agent_id == one.id, OPEN_OFFER))
            call = None if offer is None else tx.get(Call, offer.call_id)
            matter = matter_of(tx, call, offer.queue) if offer and call else ""
        if offer is None or call is None or offer.purpose not in SERVING_PURPOSES:
            return  # Whoever asked them in lets them go.
        self._telephones.talk_about(call.carrier_sid, matter)
        talk = _Talk(one, doing, call, offer.queue)
        seconds = self._length(talk)
        if self._dice.random() < _HOLDS and not call.is_anonymous:
            held_at = self._dice.uniform(0.2, 0.5) * seconds
            self._during(talk, held_at, lambda: self._hold(talk))
        drawn = self._dice.random()
        if drawn < _PASSES and not call.is_anonymous:
            self._during(talk, 0.4 * seconds, lambda: self._pass_on(talk))
        elif drawn < _PASSES + _CONSULTS and not call.is_anonymous:
            self._during(talk, 0.5 * seconds, lambda: self._consult(talk))
        if self._dice.random() < _LETTERS:
            self._during(talk, 0.6 * seconds, lambda: self._open_letter(talk))
        self._during(talk, seconds, lambda: self._end(talk))

    def _length(self, talk: _Talk) -> float:
        """Three to four minutes as a rule; the psychologist takes the time that it takes."""
        if talk.call.is_anonymous:
            return self._dice.uniform(480, 1500)
        return min(900, max(40, self._dice.lognormvariate(5.25, 0.55)))

    def _hold(self, talk: _Talk) -> None:
        self._do(lambda: commands.set_hold(self._floor, **_named(talk.who), on=True))
        self._during(talk, self._dice.uniform(15, 75), lambda: self._take_back(talk))

    def _take_back(self, talk: _Talk) -> None:
        self._do(lambda: commands.set_hold(self._floor, **_named(talk.who), on=False))

    def _pass_on(self, talk: _Talk) -> None:
        others = self._free_colleagues(talk.who)
        if others:
            to = self._dice.choice(others).code
            self._do(lambda: commands.transfer(self._floor, **_named(talk.who), to_code=to))

    def _consult(self, talk: _Talk) -> None:
        others = self._free_colleagues(talk.who)
        if others:
            to = self._dice.choice(others).code
            self._do(lambda: joining.consult(self._floor, **_named(talk.who), to_code=to))
            end = self._dice.choice((self._let_go, self._let_go, self._hand_over))
            self._during(talk, self._dice.uniform(20, 60), lambda: end(talk))

    def _let_go(self, talk: _Talk) -> None:
        """The colleague goes, or never came; either way the caller is off hold again."""
        self._do(lambda: joining.end_consult(self._floor, **_named(talk.who)))
        self._take_back(talk)

    def _hand_over(self, talk: _Talk) -> None:
        try:
            code = joining.hand_over(self._floor, **_named(talk.who))
        except AgentError:
            self._let_go(talk)
            return
        self.look()
        other = next(one for one in self._people.values() if one.code == code)
        # To them nothing has changed: they were in the conversation already.
        self._talk(other, self._doing[other.id])

    def _free_colleagues(self, one: Colleague) -> list[Colleague]:
        return [
            other
            for other in self._people.values()
            if other.insurer_id == one.insurer_id
            and other.id != one.id
            and self._doing[other.id].presence is Presence.AVAILABLE
        ]

    def _open_letter(self, talk: _Talk) -> None:
        mine = OnCall(talk.who.insurer_id, talk.who.code, talk.call.id)
        self._do(lambda: open_letter(self._floor, mine))

    def _end(self, talk: _Talk) -> None:
        sid = talk.call.carrier_sid
        if self._dice.random() < _CALLER_ENDS:
            self._telephones.hang_up(sid)
            return
        self._do(lambda: commands.hang_up(self._floor, **_named(talk.who)))
        self._after(_LISTENS_SECONDS, lambda: self._say_how_it_was(sid, _LISTENS_TIMES))

    def _say_how_it_was(self, sid: str, times: int) -> None:
        """The caller, asked for a mark after the conversation, gives one or puts the receiver down."""
        happened = self._telephones.happened(sid)
        if "ended" in happened:
            return
        is_asked = "waits_for_input" in happened[_last(happened, "unbridged") :]
        if is_asked and self._dice.random() < _SAYS_HOW_IT_WAS:
            self._telephones.press(sid, self._dice.choices(_MARKS, _MARKED)[0])
        elif is_asked:
            self._telephones.hang_up(sid)
        elif times > 1:
            self._after(_LISTENS_SECONDS, lambda: self._say_how_it_was(sid, times - 1))

    def _write_down(self, one: Colleague, doing: _Doing) -> None:
        if self._doing[one.id] != doing or doing.call_id is None:
            return
        own_codes = self._floor.centre.insurers[one.insurer_id].outcomes
        with self._floor.centre.database.reading("what_came_of_it") as tx:
            offer = tx.scalar(
                select(Offer.queue).where(Offer.call_id == doing.call_id, Offer.agent_id == one.id).limit(1)
            )
            outcome = written(tx, tx.get_one(Call, doing.call_id), offer or "", own_codes, self._dice)
        self._do(lambda: record_call_outcome(self._floor, insurer_id=one.insurer_id, code=one.code, outcome=outcome))

    # --- plans ---------------------------------------------------------------------------------

    def _at(self, at: datetime, deed: Callable[[], object], *, late_seconds: float = 0.0) -> None:
        self._agenda.add(at + timedelta(seconds=self._dice.uniform(0, late_seconds)), deed)

    def _after(self, seconds: float, deed: Callable[[], object]) -> None:
        self._agenda.add(self.now + timedelta(seconds=seconds), deed)

    def _during(self, talk: _Talk, seconds: float, deed: Callable[[], object]) -> None:
        """Do it so much later, if the conversation still goes on then."""

        def if_still_there() -> None:
            if self._doing[talk.who.id] == talk.doing:
                deed()

        self._after(seconds, if_still_there)

    def _do(self, deed: Callable[[], object]) -> None:
        """An agent tries; where the caller has just gone, or a colleague was quicker, there is nothing to do."""
        with suppress(AgentError):
            deed()
        self.look()


def _named(one: Colleague) -> dict[str, str]:
    return {"insurer_id": one.insurer_id, "code": one.code}


def _last(happened: Sequence[str], kind: str) -> int:
    places = [place for place, one in enumerate(happened) if one == kind]
    return places[-1] if places else len(happened)
