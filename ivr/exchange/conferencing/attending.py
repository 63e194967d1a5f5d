"""What a call does while it is in a conference: waits for the start, talks, is held, leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.exchange.conferencing import rooms
from ivr.exchange.model import Conference, ConferenceStatus, Participant
from ivr.exchange.phones import hear
from ivr.exchange.script import Activity, Purpose, Script, Stop, fetch, resume
from ivr.exchange.twiml.verbs import ConferenceNoun, Dial
from ivr.exchange.webhooks import ask, located, resolve
from ivr.exchange.webrequest import Fields, WebReply

if TYPE_CHECKING:
    from ivr.exchange.core import Core

_ACTION_FIELDS: Fields = (("DialCallStatus", "answered"),)


class Attending(Activity):
    """One call's stay in a conference; ``company`` is whom its telephone was last told it hears."""

    def __init__(self, script: Script, room: Conference, participant: Participant, dial: Dial | None):
        self._script = script
        self._room = room
        self._participant = participant
        self._dial = dial
        self._music: Script | None = None
        self.company: tuple[str, ...] = ()

    def begin(self, core: Core) -> None:
        """Wait with the participant's own document until the start, then talk."""
        participant = self._participant
        participant.attending = self
        participant.created_at = core.now()
        if self._room.status is ConferenceStatus.INIT:
            self._listen(core, participant.wait_url, participant.wait_method)
        rooms.admit(core, self._room, participant)
        if self._dial:
            limit = self._dial.time_limit
            core.after_unless_over(self._script.call, limit, lambda: self.remove(core))

    def stop_waiting(self, core: Core) -> None:
        """The conference has started: the waiting document ends."""
        if self._music and not self._participant.is_held:
            self._hush(core)

    def hold(self, core: Core, url: str | None, method: str) -> None:
        """Out of the conversation; hears the hold document, or music."""
        self._listen(core, url, method)

    def unhold(self, core: Core) -> None:
        """Back in the conversation."""
        self._hush(core)

    def _listen(self, core: Core, url: str | None, method: str) -> None:
        self._hush(core)
        call = self._script.call
        if url is None:
            hear(core, call, "hold_music")
        elif url:
            # It runs once: an application that wants a loop ends it with Redirect (twilio.md §3).
            music = Script(call, at_end=lambda: music.stop(core, Stop.LEFT))
            music.purpose = Purpose.CONFERENCE_WAIT
            music.on_fault = lambda: hear(core, call, "hold_music")
            self._music = music
            fetch(core, music, resolve(self._script.url, url), method, self._music_fields())

    def _music_fields(self) -> Fields:
        return (("ConferenceSid", self._room.sid), ("FriendlyName", self._room.friendly_name))

    def _hush(self, core: Core) -> None:
        core.sound.hushed(core, [self._script.call])
        if self._music:
            self._music.stop(core, Stop.LEFT)
            self._music = None

    def key(self, core: Core, key: str) -> bool:
        # There is no Gather inside a conference: keys go to the other participants (twilio.md §5).
        if key == "*" and self._dial and self._dial.is_hangup_on_star:
            rooms.dismiss(core, self._room, self._participant, "participant_hung_up")
            self.released(core)
        return True

    def stop(self, core: Core, why: Stop) -> None:
        self._hush(core)
        is_gone = why is Stop.HANGUP
        reason = "participant_hung_up" if is_gone else "participant_updated_via_api"
        rooms.dismiss(core, self._room, self._participant, reason)
        self._part(core)
        if self._dial and self._dial.action is not None:
            url = resolve(self._script.url, self._dial.action)
            ask(core, self._script.call, url, self._dial.method, _ACTION_FIELDS, _ignore)

    def remove(self, core: Core) -> None:
        """Kicked out by REST, or by a time limit: the call goes on with what its Dial says next."""
        rooms.dismiss(core, self._room, self._participant, "participant_updated_via_api")
        self.released(core)

    def released(self, core: Core) -> None:
        """Out of the conference while the call is up."""
        self._hush(core)
        self._part(core)
        if self._script.activity is not self or self._script.is_over:
            return
        if self._dial and self._dial.action is not None:
            fetch(core, self._script, self._dial.action, self._dial.method, _ACTION_FIELDS)
        else:
            resume(core, self._script)

    def _part(self, core: Core) -> None:
        if self.company and not self._script.call.is_over:
            hear(core, self._script.call, "unbridged", others=[])
        self.company = ()


def _ignore(_reply: WebReply) -> None:
    """The call is gone or elsewhere: whatever comes back is not played (twilio.md §3)."""


def attend(core: Core, script: Script, dial: Dial, noun: ConferenceNoun) -> None:
    """A Dial's Conference: come into the room of that name."""
    recording = located(script.url, noun.recording) if noun.is_recorded else None
    room = rooms.open_room(core, noun.name, located(script.url, noun.callback), recording)
    if len(room.participants) >= min(room.most, noun.most):
        core.alert(13235, f"{noun.name} is full", script.call)
        return
    is_coaching = noun.coach in room.participants
    if noun.coach and not is_coaching:
        core.alert(13240, f"there is no participant {noun.coach} to coach", script.call)
    participant = Participant(
        script.call,
        label=noun.label,
        is_muted=noun.is_muted,
        coach=noun.coach if is_coaching else "",
        is_coaching=is_coaching,
        is_starting=noun.is_starting,
        is_ending=noun.is_ending,
        beep=noun.beep,
        wait_url=noun.wait_url,
        wait_method=noun.wait_method,
    )
    enter(core, script, room, participant, dial)


def enter(core: Core, script: Script, room: Conference, participant: Participant, dial: Dial | None) -> None:
    """Let a call into a room, as the activity of its script."""
    attending = Attending(script, room, participant, dial)
    script.activity = attending
    attending.begin(core)
