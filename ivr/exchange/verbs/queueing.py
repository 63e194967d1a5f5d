"""Enqueue, and Dial to a Queue: callers wait in order, agents' legs take the first one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from ivr.exchange import calls
from ivr.exchange.model import Call, Member, Queue
from ivr.exchange.phones import hear
from ivr.exchange.script import Activity, Purpose, Script, Stop, fetch, performs, resume
from ivr.exchange.timeline import Timer
from ivr.exchange.twiml.verbs import Dial, Enqueue, QueueNoun
from ivr.exchange.webhooks import ask, resolve
from ivr.exchange.webrequest import Fields, WebReply

if TYPE_CHECKING:
    from ivr.exchange.core import Core


def queue_named(core: Core, name: str, max_size: int = 0) -> Queue:
    """The queue of that name, made if there is none."""
    for queue in core.queues.values():
        if queue.friendly_name == name:
            return queue
    queue = Queue(core.sids.make("QU"), name, core.now(), max_size or 1000)
    core.queues[queue.sid] = queue
    return queue


class Queued(Activity):
    """A caller waiting in a queue, hearing the waiting document, which loops by itself."""

    def __init__(self, core: Core, script: Script, verb: Enqueue, queue: Queue) -> None:
        self._script = script
        self._verb = verb
        self.queue = queue
        self.member = Member(script.call, core.now(), self)
        self._wait: Script | None = None
        self._partner: Serving | None = None
        self._is_bridged = False
        self._left_at: datetime | None = None

    def begin(self, core: Core) -> None:
        """Join the queue and hear the waiting document, or music."""
        self.queue.members.append(self.member)
        self._listen(core)
        for wake in list(core.queue_waiters.get(self.queue.sid, ())):
            wake()

    def _listen(self, core: Core) -> None:
        url = self._verb.wait_url
        call = self._script.call
        if not url:
            hear(core, call, "hold_music")
            return
        address = resolve(self._script.url, url)
        wait = Script(call, at_end=lambda: self._again(core, address), purpose=Purpose.QUEUE_WAIT)
        wait.on_fault = lambda: self._music_instead(core, wait)
        wait.on_leave = lambda: self.leave(core, "leave")
        self._wait = wait
        fetch(core, wait, address, self._verb.wait_method, self._wait_fields(core))

    def _again(self, core: Core, address: str) -> None:
        if self._wait is None:
            return
        if not self._wait.verbs:
            # A waiting document with nothing in it would be asked for without end.
            self._music_instead(core, self._wait)
            return
        fetch(core, self._wait, address, self._verb.wait_method, self._wait_fields(core))

    def _music_instead(self, core: Core, wait: Script) -> None:
        wait.stop(core, Stop.LEFT)
        hear(core, self._script.call, "hold_music")

    def key(self, core: Core, key: str) -> bool:
        return self._is_bridged or (self._wait.key(core, key) if self._wait else False)

    def speech(self, core: Core, text: str, seconds: float) -> None:
        if self._wait:
            self._wait.speech(core, text, seconds)

    def stop(self, core: Core, why: Stop) -> None:
        is_taken = self._partner is not None
        if self._partner:
            partner, self._partner = self._partner, None
            partner.caller_left(core)
        if why is Stop.HANGUP:
            # Taken by an agent's leg and still hearing the Queue noun's document: the bridge was being made.
            result = "bridged" if self._is_bridged else "bridging-in-process" if is_taken else "hangup"
        else:
            result = "redirected-from-bridged" if self._is_bridged else "redirected"
        self._depart(core)
        self._tell_action(core, result)

    def leave(self, core: Core, result: str) -> None:
        """Leave the queue and go on with the action's document, or the verb after Enqueue."""
        self._depart(core)
        if self._verb.action is None:
            resume(core, self._script)
            return
        fields = self._action_fields(core, result)
        fetch(core, self._script, self._verb.action, self._verb.method, fields)

    def taken_by(self, core: Core, serving: Serving) -> None:
        """An agent's leg takes this caller: out of the queue, the waiting document stops."""
        self._partner = serving
        self._depart(core)

    def whisper(self, core: Core, url: str, method: str, done: Callable[[], None]) -> None:
        """Let the caller hear the Queue noun's document before the bridge."""
        script = Script(self._script.call, at_end=done, purpose=Purpose.WHISPER)
        script.on_fault = done
        self._wait = script
        fields = (*self.served_fields(core), *self._dequeuing())
        fetch(core, script, url, method, fields)

    def _dequeuing(self) -> Fields:
        # The missing letter is Twilio's own (twilio.md §1, §10).
        return (("DequeingCallSid", self._partner.call.sid),) if self._partner else ()

    def bridged(self, core: Core) -> None:
        """The caller and the agent hear each other."""
        if self._wait:
            self._wait.stop(core, Stop.LEFT)
        self._is_bridged = True

    def bridge_over(self, core: Core) -> None:
        """The agent's leg has gone: the caller goes on."""
        self._partner = None
        self.leave(core, "bridged" if self._is_bridged else "error")

    def served_fields(self, core: Core) -> Fields:
        """What a Queue noun's URL and its Dial's action learn of the caller."""
        return (
            ("QueueSid", self.queue.sid),
            ("QueueTime", str(self._seconds(core))),
            ("CallSid", self._script.call.sid),
        )

    def _depart(self, core: Core) -> None:
        core.sound.hushed(core, [self._script.call])
        if self._wait:
            self._wait.stop(core, Stop.LEFT)
        if self._left_at is None:
            self._left_at = core.now()
            self.member.is_taken = True
            self.queue.members.remove(self.member)
            self.queue.served += 1
            self.queue.total_wait_seconds += self._seconds(core)

    def _seconds(self, core: Core) -> int:
        until = self._left_at or core.now()
        return round((until - self.member.enqueued_at).total_seconds())

    def _tell_action(self, core: Core, result: str) -> None:
        """Tell the action, whose document is not played: the call is gone or elsewhere."""
        if self._verb.action is not None:
            url = resolve(self._script.url, self._verb.action)
            fields = self._action_fields(core, result)
            ask(core, self._script.call, url, self._verb.method, fields, _ignore)

    def _action_fields(self, core: Core, result: str) -> Fields:
        seconds = str(self._seconds(core))
        return (("QueueResult", result), ("QueueSid", self.queue.sid), ("QueueTime", seconds))

    def _wait_fields(self, core: Core) -> Fields:
        queue = self.queue
        return (
            ("QueueSid", queue.sid),
            ("QueuePosition", str(position_of(self.member))),
            ("QueueTime", str(self._seconds(core))),
            ("AvgQueueTime", str(queue.average_wait_seconds)),
            ("CurrentQueueSize", str(len(queue.members))),
            ("MaxQueueSize", str(queue.max_size)),
        )


def position_of(member: Member) -> int:
    """The place in the queue, from 1; 0 for one who has left."""
    members = member.activity.queue.members
    return members.index(member) + 1 if member in members else 0


def _ignore(_reply: WebReply) -> None:
    """Nothing of an action that is only told can be played."""


@performs(Enqueue)
def perform(core: Core, script: Script, verb: Enqueue) -> None:
    """Put the caller into the queue, unless it is full."""
    queue = queue_named(core, verb.name)
    if len(queue.members) >= (verb.max_size or queue.max_size):
        if verb.action is not None:
            fetch(core, script, verb.action, verb.method, (("QueueResult", "queue-full"),))
        return
    queued = Queued(core, script, verb, queue)
    script.activity = queued
    queued.begin(core)


class Serving(Activity):
    """An agent's leg that dials a queue: it waits for a caller, whispers, and is bridged."""

    def __init__(self, core: Core, script: Script, dial: Dial, noun: QueueNoun, queue: Queue) -> None:
        self._core = core
        self._script = script
        self._dial = dial
        self._noun = noun
        self._queue = queue
        self._caller: Queued | None = None
        self._bridged_at: datetime | None = None
        self._timer: Timer | None = None

    @property
    def call(self) -> Call:
        """The agent's leg."""
        return self._script.call

    def begin(self, core: Core) -> None:
        """Take the first caller, or wait for one until the Dial's timeout."""
        self._timer = core.after(self._dial.timeout, lambda: self._end(core, "no-answer"))
        core.queue_waiters.setdefault(self._queue.sid, []).append(self.take)
        if not self.take():
            hear(core, self.call, "hold_music")

    def take(self) -> bool:
        """Take the first caller if there is one and none is taken yet."""
        core = self._core
        if self._caller or not self._queue.members:
            return False
        self._stop_waiting(core)
        self._caller = self._queue.members[0].activity
        self._caller.taken_by(core, self)
        if self._noun.url:
            url = resolve(self._script.url, self._noun.url)
            self._caller.whisper(core, url, self._noun.method, self._bridge)
        else:
            self._bridge()
        return True

    def _bridge(self) -> None:
        core, caller = self._core, self._caller
        if caller is None:
            return
        self._bridged_at = core.now()
        caller.bridged(core)
        calls.bridge(core, self.call, caller.member.call)
        limit = self._dial.time_limit
        self._timer = core.after(limit, lambda: self._end(core, "completed"))

    def key(self, core: Core, key: str) -> bool:
        if key == "*" and self._dial.is_hangup_on_star and self._bridged_at:
            self._end(core, "completed")
        return self._bridged_at is not None

    def caller_left(self, core: Core) -> None:
        """The caller hung up or was taken elsewhere."""
        result = "completed" if self._bridged_at else "no-answer"
        fields = self._fields(core, result)
        self._caller = None
        calls.unbridge(core, self.call)
        self._end(core, result, fields)

    def stop(self, core: Core, why: Stop) -> None:
        result = "completed" if self._bridged_at else "canceled"
        fields = self._fields(core, result)
        self._close(core)
        if self._dial.action is not None:
            url = resolve(self._script.url, self._dial.action)
            ask(core, self.call, url, self._dial.method, fields, _ignore)

    def _end(self, core: Core, result: str, fields: Fields = ()) -> None:
        fields = fields or self._fields(core, result)
        self._close(core)
        if self._dial.action is None:
            resume(core, self._script)
        else:
            fetch(core, self._script, self._dial.action, self._dial.method, fields)

    def _close(self, core: Core) -> None:
        self._stop_waiting(core)
        caller, self._caller = self._caller, None
        if caller:
            calls.unbridge(core, self.call)
            caller.bridge_over(core)

    def _stop_waiting(self, core: Core) -> None:
        if self._timer:
            self._timer.cancel()
        waiters = core.queue_waiters.get(self._queue.sid, [])
        if self.take in waiters:
            waiters.remove(self.take)

    def _fields(self, core: Core, result: str) -> Fields:
        fields = [("DialCallStatus", result), ("DialBridged", str(bool(self._bridged_at)).lower())]
        if self._caller:
            served = dict(self._caller.served_fields(core))
            fields.append(("DialCallSid", served.pop("CallSid")))
            fields += served.items()
        if self._bridged_at:
            seconds = round((core.now() - self._bridged_at).total_seconds())
            fields.append(("DialCallDuration", str(seconds)))
        return tuple(fields)


def serve(core: Core, script: Script, dial: Dial, noun: QueueNoun) -> None:
    """Begin to take a caller from the queue of that name."""
    serving = Serving(core, script, dial, noun, queue_named(core, noun.name))
    script.activity = serving
    serving.begin(core)
