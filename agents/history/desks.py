"""The agents of the history at their desks: they come and go, talk, hold, pass on, write down, by the desk's services.

Nothing here makes anything happen in the centre but what an agent can do, and what can be done with a telephone.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Final, cast

from sqlalchemy import Table, select

from agents.at_work import commands, joining
from agents.at_work.caller_requests import OnCall
from agents.at_work.wrap_up import record_call_outcome
from agents.autopilot import OFF_SHIFT
from agents.errors import AgentError
from agents.floor import Floor
from agents.history.agenda import Agenda
from agents.history.duties import Colleague, Stretch, breaks
from agents.history.matters import matter_of, open_letter, written
from agents.history.telephones import Telephones
from agents.models import OPEN_OFFER, SERVING_PURPOSES, Agent, Offer, Presence, Wait, WaitState
from config.prepared import Prepared
from config.server_statements import Row
from ivr.calls.models import Call

_AGENTS: Final = cast(Table, Agent.__table__).c
_WAITS: Final = cast(Table, Wait.__table__).c
# At every step of the clock. Not in the order of ids, which are others in each installation: dice fall in this order.
_EVERYBODY: Final = Prepared(
    select(_AGENTS.id, _AGENTS.presence, _AGENTS.presence_since, _AGENTS.presence_reason, _AGENTS.call_id).order_by(
        _AGENTS.code
    )
)
_WAITING: Final = Prepared(
    select(_WAITS.id, _WAITS.insurer_id, _WAITS.skills, _WAITS.is_emergency)
    .where(_WAITS.state == WaitState.WAITING)
    .order_by(_WAITS.rank, _WAITS.since, _WAITS.id)
)
_CALLED_AWAY: Final = ("rona", "declined", "unreachable", "connection_lost")
_PAPERWORK: Final = "paperwork"
# How long somebody looks at a silent telephone before they take to letters: alone, or beside a free colleague.
_IDLE_SECONDS, _SPARE_SECONDS = (90, 240), (20, 90)
_PAPERWORK_SECONDS: Final = (1800, 4500)
_COMES_SECONDS: Final = {False: (3, 13), True: (2, 5)}
"""How quickly somebody leaves their letters when a call waits, by whether it is an emergency."""
_PASSED_ON_TO: Final[Mapping[str, frozenset[str]]] = {
    "medical_desk": frozenset({"desk", "curator", "therapist"}),
    "urgent": frozenset({"desk", "curator", "therapist"}),
    "emergency": frozenset({"desk", "therapist"}),
    "curator": frozenset({"curator", "desk"}),
    "telemedicine": frozenset({"therapist"}),
    "representatives_1": frozenset({"representative_1", "representative_2"}),
    "representatives_2": frozenset({"representative_2", "representative_3"}),
    "experts": frozenset({"representative_3"}),
}
"""By queue: who can help its callers further, by one of these skills. From another queue nobody is passed on."""
_MISSES: Final = 0.015
_LETTERS: Final = 0.08
_HOLDS, _PASSES, _CONSULTS = 0.3, 0.06, 0.06
_CALLER_ENDS: Final = 0.2
_SAYS_HOW_IT_WAS: Final = 0.45
_LISTENS_SECONDS, _LISTENS_TIMES = 4, 6
_MARKS: Final = ("5", "4", "3", "2", "1")
_MARKED: Final = (58, 22, 9, 5, 6)


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
        self._seen: dict[str, Row] = {}
        # Waits for which somebody leaves their letters, and who does.
        self._answered_for: dict[str, str] = {}

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
            waits = _WAITING.rows(tx, {})
        changed = [row for row in rows if self._seen.get(row[0]) != row and row[0] in self._people]
        for row in changed:
            agent_id, presence, since, reason, call_id = self._seen[row[0]] = row
            doing = self._doing[agent_id] = _Doing(Presence(presence), since, reason, call_id)
            self._react(self._people[agent_id], doing)
        self._leave_letters(waits)

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
                low, high = _SPARE_SECONDS if self._has_free_peer(one) else _IDLE_SECONDS
                self._while_still(one, doing, self._dice.uniform(low, high), lambda: self._take_to_letters(one))
            case Presence.AWAY if doing.reason in _CALLED_AWAY:
                self._after(self._dice.uniform(60, 240), lambda: self._come(one))
            case Presence.ON_CALL:
                self._talk(one, doing)
            case Presence.WRAP_UP:
                seconds = min(170, self._dice.lognormvariate(4.4, 0.5))
                self._after(seconds, lambda: self._write_down(one, doing))
            case _:
                pass

    # --- coming and going ----------------------------------------------------------------------

    def _come(self, one: Colleague) -> None:
        if self._is_due_here(one):
            self._do(lambda: commands.become_available(self._floor, **_named(one)))

    def _rest(self, one: Colleague, reason: str) -> None:
        doing = self._doing[one.id]
        if doing.presence is Presence.AVAILABLE or doing.reason == _PAPERWORK:
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

    # --- letters between calls -----------------------------------------------------------------

    def _take_to_letters(self, one: Colleague) -> None:
        """Nobody calls: there are letters to write and clinics to ask, until somebody waits for this agent."""
        self._do(lambda: commands.go_away(self._floor, **_named(one), reason=_PAPERWORK))
        self._while_still(one, self._doing[one.id], self._dice.uniform(*_PAPERWORK_SECONDS), lambda: self._come(one))

    def _leave_letters(self, waits: Sequence[Row]) -> None:
        """For each call that waits somebody who can take it comes back, if all who are at the telephone are busy."""
        waiting = {wait_id for wait_id, *_ in waits}
        self._answered_for = {one: by for one, by in self._answered_for.items() if one in waiting}
        at_letters = [one for one in self._people.values() if self._doing[one.id].reason == _PAPERWORK] if waits else []
        for wait_id, insurer_id, skills, is_emergency in waits:
            coming = set(self._answered_for.values())
            can = [one for one in at_letters if one.insurer_id == insurer_id and one.skills.issuperset(skills)]
            one = next((one for one in can if one.id not in coming), None)
            if wait_id not in self._answered_for and one is not None:
                self._answered_for[wait_id] = one.id
                seconds = self._dice.uniform(*_COMES_SECONDS[bool(is_emergency)])
                self._while_still(one, self._doing[one.id], seconds, partial(self._come, one))

    def _has_free_peer(self, one: Colleague) -> bool:
        return any(
            other.insurer_id == one.insurer_id
            and other.id != one.id
            and not other.skills.isdisjoint(one.skills)
            and (doing := self._doing.get(other.id)) is not None
            and doing.presence is Presence.AVAILABLE
            for other in self._people.values()
        )

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
        """Six minutes as a rule, a clinic is often rung meanwhile; the psychologist takes the time that it takes."""
        if talk.call.is_anonymous:
            return self._dice.uniform(900, 2400)
        return min(1500, max(45, self._dice.lognormvariate(5.85, 0.5)))

    def _hold(self, talk: _Talk) -> None:
        self._do(lambda: commands.set_hold(self._floor, **_named(talk.who), on=True))
        self._during(talk, self._dice.uniform(20, 110), lambda: self._take_back(talk))

    def _take_back(self, talk: _Talk) -> None:
        self._do(lambda: commands.set_hold(self._floor, **_named(talk.who), on=False))

    def _pass_on(self, talk: _Talk) -> None:
        to = self._colleague_who_comes(talk)
        if to is not None:
            self._do(lambda: commands.transfer(self._floor, **_named(talk.who), to_code=to.code))

    def _consult(self, talk: _Talk) -> None:
        to = self._colleague_who_comes(talk)
        if to is not None:
            self._do(lambda: joining.consult(self._floor, **_named(talk.who), to_code=to.code))
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

    def _colleague_who_comes(self, talk: _Talk) -> Colleague | None:
        """Somebody free, or over letters, who can help further with what that queue is for; now at the telephone."""
        can = [
            other
            for other in self._people.values()
            if other.insurer_id == talk.who.insurer_id
            and other.id != talk.who.id
            and not other.skills.isdisjoint(_PASSED_ON_TO.get(talk.queue, ()))
            and (self._doing[other.id].presence is Presence.AVAILABLE or self._doing[other.id].reason == _PAPERWORK)
        ]
        chosen = self._dice.choice(can) if can else None
        if chosen is not None and self._doing[chosen.id].presence is Presence.AWAY:
            self._come(chosen)
        return chosen

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
        self._while_still(talk.who, talk.doing, seconds, deed)

    def _while_still(self, one: Colleague, doing: _Doing, seconds: float, deed: Callable[[], object]) -> None:
        """Do it so much later, if the agent is still at the same then."""

        def if_still_there() -> None:
            if self._doing[one.id] == doing:
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
