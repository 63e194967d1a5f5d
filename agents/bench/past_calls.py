"""A year of calls, made up row by row: menus, waits, offers, talks, outcomes, recordings, requests, 20 events each.

The rows are what a centre would have written; only that nobody rang.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from random import Random
from typing import Final

from agents.bench.bulk_loading import Batch, Row
from agents.bench.past_notes import note
from agents.bench.past_people import House, Insured
from agents.models import Callback, Offer, PresenceInterval, QueuedCall, Wait
from config.database import Base
from config.ids import new_id
from ivr.calls.models import Call, CallEvent, CallTurn, Hold, Leg, Message, Outcome, Request, RequestStep
from recordings.models import Recording

COLUMNS: Final[Mapping[type[Base], Sequence[str]]] = {
    Call: (
        *("id", "insurer_id", "carrier_sid", "line", "dnis", "ani", "direction", "state", "started_at", "answered_at"),
        *("ended_at", "language", "flow", "flow_digest", "turn", "event_count", "level", "insured_id"),
        *("is_emergency", "is_anonymous", "waited_seconds", "last_step"),
    ),
    CallEvent: ("call_id", "seq", "insurer_id", "at", "kind", "data"),
    CallTurn: ("call_id", "number", "reply", "at"),
    Wait: (
        *("id", "insurer_id", "call_id", "queue", "joined_queue", "first_queue", "skills", "lane", "priority", "rank"),
        *("is_emergency", "emergency_since", "purpose", "state", "since", "joined_at", "queue_since", "anyone_from"),
        "round",
        *("escalation", "queue_changes", "estimate_told_seconds", "claimed_at", "answered_at", "ended_at"),
        "end_reason",
    ),
    QueuedCall: ("insurer_id", "queue", "call_id"),
    Offer: (
        *("id", "insurer_id", "wait_id", "call_id", "agent_id", "queue", "purpose", "is_broadcast", "is_recorded"),
        *("presence_before", "state", "conference", "made_at", "ringing_at", "accepted_at", "bridged_at"),
        *("is_ended_by_desk", "ended_at", "handled_until", "end_reason"),
    ),
    Leg: (
        *("id", "insurer_id", "call_id", "carrier_sid", "party", "agent_id", "started_at", "answered_at"),
        *("ended_at", "hangup_cause"),
    ),
    Hold: ("id", "insurer_id", "call_id", "started_at", "ended_at"),
    Outcome: (
        *("id", "insurer_id", "call_id", "insured_id", "code", "is_primary", "note", "recorded_by", "recorded_at"),
    ),
    Recording: (
        *("id", "insurer_id", "call_id", "carrier_sid", "kind", "conversation", "state", "duration_seconds"),
        *("file_name", "sha256", "wrapped_key", "key_id", "size_bytes", "peaks", "began_at", "announced_at"),
        *("sealed_at", "ended_at"),
    ),
    Request: (
        *("id", "insurer_id", "kind", "call_id", "insured_id", "step", "opened_at", "due_at", "closed_at", "details"),
    ),
    RequestStep: ("id", "insurer_id", "request_id", "step", "reached_at", "by"),
    Message: (
        *("id", "insurer_id", "call_id", "to_e164", "template", "variables", "language", "state", "attempts"),
        *("created_at", "sent_at"),
    ),
    Callback: (
        *("id", "insurer_id", "call_id", "phone", "reason", "queue", "line", "time_zone", "language", "state"),
        *("attempts", "attempts_allowed", "is_urgent", "dialled_at", "planned_at", "due_at", "window_until"),
        "promised_until",
        *("ended_at", "end_reason"),
    ),
    PresenceInterval: ("id", "insurer_id", "agent_id", "presence", "since", "until"),
}
"""What each table is filled with, in the order in which a batch is written."""

EVENTS: Final = 20
YEAR: Final = timedelta(days=365)
RARE_OUTCOME: Final = "evacuation_organised"
OUTCOMES: Final = (
    *("info_given", "appointment_requested", "appointment_booked", "gl_requested", "gl_issued", "insured_notified"),
    *("home_doctor_called", "claim_registered", "refused_not_covered", "policy_expired", "callback_scheduled"),
    *("nuisance", "hospitalisation_planned", "referred_hr", RARE_OUTCOME),
)
# The calls of an hour, from midnight on: mornings are busiest.
_HOURS: Final = (1, 1, 1, 1, 1, 2, 3, 5, 8, 11, 12, 11, 9, 8, 8, 8, 7, 6, 5, 4, 4, 3, 2, 1)
_OPEN: Final = 12
_MENUS: Final = 3
_TALK_SECONDS: Final = 200.0
_REPLY: Final = '<Response><Gather numDigits="1"><Say language="ru-RU">Нажмите цифру. {}</Say></Gather></Response>'
_KEYS: Final = "0123456789"
_instant: Final = itemgetter(0)


@dataclass(frozen=True)
class _Talk:
    """Who answered, when, and until when they spoke."""

    agent_id: str
    code: str
    at: datetime
    until: datetime


class PastCalls:
    """The last `count` calls up to `until`, by the houses' weights; `prompts` are ids that the flows know."""

    def __init__(
        self,
        houses: Sequence[House],
        weights: Sequence[float],
        *,
        count: int,
        until: datetime,
        flow_digest: str,
        prompts: Sequence[str],
        seed: int = 1,
    ) -> None:
        self._houses, self._weights = houses, weights
        self._count, self._until = count, until
        self._digest, self._prompts = flow_digest, prompts
        self._dice = Random(seed)  # noqa: S311 - the same past every time, and nobody's secret
        self._rows: defaultdict[type[Base], list[Row]] = defaultdict(list)
        self._busy_until: dict[str, datetime] = {}

    def batches(self, size: int) -> Iterator[Batch]:
        """All of it, oldest first, so many calls a batch."""
        for number, at in enumerate(self._instants()):
            self._call(number, at)
            if (number + 1) % size == 0 or number + 1 == self._count:
                yield {model: self._rows.pop(model, []) for model in COLUMNS}

    def _instants(self) -> Iterator[datetime]:
        """First rings, spread over a year of days with busy mornings."""
        day = timedelta(days=1)
        begins, per_day = self._until - YEAR, self._count / YEAR.days
        total, made = sum(_HOURS), 0
        for number in range(YEAR.days):
            due = round((number + 1) * per_day) - made
            made += due
            drawn = self._dice.choices(range(len(_HOURS)), _HOURS, k=due) if total else []
            yield from sorted(begins + number * day + timedelta(hours=hour + self._dice.random()) for hour in drawn)

    def _call(self, number: int, at: datetime) -> None:
        dice, house = self._dice, self._dice.choices(self._houses, self._weights)[0]
        call_id, insurer = new_id(at), house.insurer
        person = house.somebody(dice) if dice.random() < 0.7 else None
        line = _leaning(dice, list(insurer.lines))
        is_open = number >= self._count - _OPEN
        is_emergency = dice.random() < 0.004
        queue = "emergency" if is_emergency else _leaning(dice, _ordinary(house))
        is_anonymous = insurer.queues[queue].is_anonymous if queue in insurer.queues else False
        events = _Events(call_id, insurer.id, at)
        self._menus(events, number)
        waited, ends = self._wait(events, house, queue, at, is_emergency=is_emergency, is_open=is_open)
        code = self._outcome(house, call_id, person, ends, is_anonymous=is_anonymous)
        events.add("outcome_recorded", ends, code=code, by="line", is_primary=True)
        self._rows[CallEvent] += events.filled(self._prompts, dice)
        direction = "inbound" if dice.random() < 0.95 else "outbound"
        is_left = direction == "inbound" and not is_open and not events.has("agent_connected")
        self._rows[Call].append(
            (
                *(call_id, insurer.id, f"CA{number:032x}", line, "+78002001441"),
                self._ani(person, is_anonymous=is_anonymous),
                direction,
                *("in_menu" if is_open else "ended", _on(at), _on(at), None if is_open else _on(ends), "ru", line),
                *(self._digest, 3, EVENTS, "identified" if person else "unknown"),
                *(person.id if person and not is_anonymous else None, int(is_emergency), int(is_anonymous)),
                waited,
                f"vsk/menu_{number % _MENUS}" if is_left else None,
            )
        )
        self._rows[Leg].append(
            (new_id(at), insurer.id, call_id, f"CA{number:032x}", "caller", None, _on(at), _on(at), _on(ends), None)
        )
        if person is not None and not is_anonymous:
            self._beside(house, call_id, person, queue, line, ends)

    def _ani(self, person: Insured | None, *, is_anonymous: bool) -> str | None:
        if is_anonymous or self._dice.random() < 0.03:
            return None
        return person.phone if person else f"+{79_990_000_000 + self._dice.randrange(9_000_000)}"

    def _menus(self, events: "_Events", number: int) -> None:
        at = events.at
        for turn in range(_MENUS):
            at += timedelta(seconds=4 + 5 * self._dice.random())
            events.add("node_entered", at, flow="vsk", node=f"menu_{turn}")
            events.add("said", at, prompts=[self._prompts[(number + turn) % len(self._prompts)]], language="ru")
            events.add("key_pressed", at, flow="vsk", node=f"menu_{turn}", key=self._dice.choice(_KEYS))
            reply = _REPLY.format(self._prompts[(number + turn) % len(self._prompts)])
            self._rows[CallTurn].append((events.call_id, str(turn), reply, _on(at)))
        events.at = at

    def _wait(
        self, events: "_Events", house: House, queue: str, at: datetime, *, is_emergency: bool, is_open: bool
    ) -> tuple[int | None, datetime]:
        """A wait and what came of it, where the call has one; how many seconds it was, and when all was over."""
        dice, since = self._dice, events.at
        if is_open or not (is_emergency or dice.random() < 0.78):
            return None, since + timedelta(seconds=20 * dice.random())
        waited = timedelta(seconds=min(1500.0, dice.expovariate(1 / (8 if is_emergency else 45))))
        is_answered = dice.random() < 0.92
        wait_id, ends = new_id(since), since + waited
        talk = self._talk(house, ends) if is_answered else None
        events.add("wait_began", since, wait=wait_id, queue=queue, emergency=is_emergency)
        events.add("place_told", since, ahead=2, estimate_seconds=60, round=1)
        joined = queue if dice.random() < 0.94 else _leaning(dice, _ordinary(house))
        self._rows[Wait].append(
            (
                *(wait_id, house.insurer.id, events.call_id, queue, joined, joined, "[]", "", 50),
                *(0 if is_emergency else 950,),
                *(int(is_emergency), _on(since) if is_emergency else None, "queue"),
                *("served" if talk else "abandoned", *[_on(since)] * 4, 1, 0),
                *(int(joined != queue), 60, *[_on(ends) if talk else None] * 2),
                *(_on(talk.until if talk else ends), "over"),
            )
        )
        self._rows[QueuedCall].extend((house.insurer.id, one, events.call_id) for one in sorted({queue, joined}))
        if talk is None:
            events.add("wait_ended", ends, wait=wait_id, state="abandoned", reason="hung_up")
            return int(waited.total_seconds()), ends
        self._serve(events, house, queue, wait_id, talk)
        return int(waited.total_seconds()), talk.until

    def _talk(self, house: House, at: datetime) -> _Talk:
        agent_id, code = house.agent(self._dice)
        seconds = min(5400.0, 15 + self._dice.lognormvariate(0, 0.7) * _TALK_SECONDS)
        return _Talk(agent_id, code, at, at + timedelta(seconds=seconds))

    def _serve(self, events: "_Events", house: House, queue: str, wait_id: str, talk: _Talk) -> None:
        dice, insurer_id, call_id = self._dice, house.insurer.id, events.call_id
        if dice.random() < 0.12:
            missed = house.agent(dice)[0]
            self._offer(insurer_id, wait_id, call_id, missed, queue, talk.at - timedelta(seconds=25), None)
        offer_id = self._offer(insurer_id, wait_id, call_id, talk.agent_id, queue, talk.at, talk)
        events.add("offer_made", talk.at, offer=offer_id, agent=talk.code, queue=queue)
        events.add("offer_accepted", talk.at, offer=offer_id, agent=talk.code, waited_seconds=30)
        events.add("agent_connected", talk.at, offer=offer_id, agent=talk.code, wait=wait_id)
        events.add("agent_left", talk.until, offer=offer_id, agent=talk.code)
        if dice.random() < 0.05:
            events.add("rated", talk.until, score=dice.randint(1, 5))
        at, until = _on(talk.at), _on(talk.until)
        self._rows[Leg].append(
            (new_id(talk.at), insurer_id, call_id, f"CL{offer_id}", "agent", talk.agent_id, at, at, until, None)
        )
        if dice.random() < 0.15:
            middle = talk.at + (talk.until - talk.at) / 2
            self._rows[Hold].append((new_id(middle), insurer_id, call_id, _on(middle), until))
        if dice.random() < 0.4 and queue != "psychologist":
            self._recording(insurer_id, call_id, offer_id, talk)
        self._presence(insurer_id, talk)

    def _offer(
        self, insurer_id: str, wait_id: str, call_id: str, agent_id: str, queue: str, at: datetime, talk: _Talk | None
    ) -> str:
        """An offer that was accepted for this talk, or missed."""
        offer_id, rings = new_id(at), _on(at - timedelta(seconds=6))
        after = None if talk is None else talk.until + timedelta(seconds=40)
        self._rows[Offer].append(
            (
                *(offer_id, insurer_id, wait_id, call_id, agent_id, queue, "queue", 0, 0, "available"),
                *("done" if talk else "missed", f"offer-{offer_id}", rings, rings, _on(at) if talk else None),
                *(_on(at) if talk else None, 0, _on(talk.until if talk else at), _on(after) if after else None),
                "over" if talk else "rona",
            )
        )
        return offer_id

    def _presence(self, insurer_id: str, talk: _Talk) -> None:
        """Ready, rung, talking, writing down: one after the other, where the agent was not busy still."""
        ready = self._busy_until.get(talk.agent_id, talk.at - timedelta(minutes=10))
        rung, free = talk.at - timedelta(seconds=6), talk.until + timedelta(seconds=40)
        if ready >= rung:
            return
        self._busy_until[talk.agent_id] = free
        stretches = (
            ("available", max(ready, rung - timedelta(hours=2)), rung),
            ("offered", rung, talk.at),
            ("on_call", talk.at, talk.until),
            ("wrap_up", talk.until, free),
        )
        self._rows[PresenceInterval] += [
            (new_id(since), insurer_id, talk.agent_id, presence, _on(since), _on(until))
            for presence, since, until in stretches
        ]

    def _recording(self, insurer_id: str, call_id: str, offer_id: str, talk: _Talk) -> None:
        seconds, until = int((talk.until - talk.at).total_seconds()), _on(talk.until)
        self._rows[Recording].append(
            (
                *(new_id(talk.at), insurer_id, call_id, f"RE{offer_id}", "conversation", f"offer-{offer_id}"),
                *("deleted_at_carrier", seconds, f"{offer_id}.sealed", offer_id * 2, offer_id * 3, "bench"),
                *(seconds * 8000, "a" * 256, _on(talk.at), until, until, until),
            )
        )

    def _outcome(self, house: House, call_id: str, person: Insured | None, at: datetime, *, is_anonymous: bool) -> str:
        dice = self._dice
        code = RARE_OUTCOME if dice.random() < 0.0002 else _leaning(dice, OUTCOMES[:-1])
        insured_id = person.id if person and not is_anonymous else None
        written = note(dice) if dice.random() < 0.45 else None
        common = (house.insurer.id, call_id, insured_id)
        self._rows[Outcome].append((new_id(at), *common, code, 1, written, "line", _on(at)))
        if dice.random() < 0.1:
            second = _leaning(dice, OUTCOMES[:-1])
            self._rows[Outcome].append((new_id(at), *common, second, 0, None, "line", _on(at)))
        return code

    def _beside(self, house: House, call_id: str, person: Insured, queue: str, line: str, at: datetime) -> None:
        """What a call of a known person leaves: requests, messages, promised callbacks."""
        dice, insurer_id, now = self._dice, house.insurer.id, _on(at)
        if house.insurer.requests and dice.random() < 0.25:
            kind, request_id = dice.choice(list(house.insurer.requests)), new_id(at)
            first = house.insurer.requests[kind].steps[0]
            self._rows[Request].append((request_id, insurer_id, kind, call_id, person.id, first, now, now, now, "{}"))
            self._rows[RequestStep].append((new_id(at), insurer_id, request_id, first, now, "line"))
        if dice.random() < 0.1:
            self._rows[Message].append(
                (new_id(at), insurer_id, call_id, person.phone, "bench", "{}", "ru", "delivered", 1, now, now)
            )
        if dice.random() < 0.02:
            due = _on(at + timedelta(hours=2))
            self._rows[Callback].append(
                (
                    *(new_id(at), insurer_id, call_id, person.phone, "no_agent", queue, line, "Europe/Moscow", "ru"),
                    *("done", 1, 3, 0, now, now, now, due, due, now, "done"),
                )
            )


class _Events:
    """The log of one call, to be filled up to twenty events."""

    def __init__(self, call_id: str, insurer_id: str, at: datetime) -> None:
        self.call_id, self.at = call_id, at
        self._insurer_id = insurer_id
        self._found: list[tuple[datetime, str, str]] = []

    def add(self, kind: str, at: datetime, **data: object) -> None:
        """One event."""
        self._found.append((at, kind, json.dumps(data)))

    def has(self, kind: str) -> bool:
        """Whether there is such an event."""
        return any(one == kind for _, one, _ in self._found)

    def filled(self, prompts: Sequence[str], dice: Random) -> Iterator[Row]:
        """All events in their order; what is missing are words that the menus said."""
        while len(self._found) < EVENTS:
            said = f'{{"prompts": ["{prompts[dice.randrange(len(prompts))]}"], "language": "ru"}}'
            self._found.append((self.at, "said", said))
        self._found.sort(key=_instant)
        last, written = self.at, _on(self.at)
        for seq, (at, kind, data) in enumerate(self._found, start=1):
            if at is not last:
                last, written = at, _on(at)
            yield self.call_id, seq, self._insurer_id, written, kind, data


def _on(at: datetime) -> str:
    """An instant, which is UTC, as rows have it."""
    return str(at)[:-6]


def _ordinary(house: House) -> list[str]:
    """The queues that anybody joins, the busiest first."""
    first = [name for name in ("medical_desk", "contact_centre", "desk") if name in house.insurer.queues]
    return first + [name for name in house.insurer.queues if name not in (*first, "emergency")]


def _leaning(dice: Random, names: Sequence[str]) -> str:
    """One of them: the first often, the last rarely."""
    return names[int(len(names) * dice.random() ** 3)]
