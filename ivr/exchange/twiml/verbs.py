"""The verbs and nouns of TwiML with their defaults (twilio.md §3), ready to be run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Callback:
    """Where to announce something: URL ('' for nowhere), HTTP method, wanted events."""

    url: str = ""
    method: str = "POST"
    events: tuple[str, ...] = ()


NOWHERE = Callback()
WHEN_COMPLETED = Callback(events=("completed",))


@dataclass(frozen=True, slots=True)
class Say:
    text: str
    language: str = "en-US"
    voice: str = ""
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Play:
    """``text`` is what the sound says, where the document tells people so in a comment before the verb."""

    url: str
    loop: int = 1
    digits: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    length: int = 1


Prompt = Say | Play | Pause


@dataclass(frozen=True, slots=True)
class Gather:
    """``num_digits`` 0 means no limit; ``action`` '' means the current document's URL."""

    prompts: tuple[Prompt, ...] = ()
    action: str = ""
    method: str = "POST"
    input: tuple[str, ...] = ("dtmf",)
    timeout: float = 5
    num_digits: int = 0
    finish_on_key: str = "#"
    speech_timeout: float = 5
    is_action_on_empty: bool = False
    is_barge_in: bool = True
    partial_result: Callback = NOWHERE


@dataclass(frozen=True, slots=True)
class Record:
    action: str = ""
    method: str = "POST"
    timeout: float = 5
    finish_on_key: str = "1234567890*#"
    max_length: int = 3600
    has_beep: bool = True
    callback: Callback = WHEN_COMPLETED


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A Number, Client or Sip noun; ``address`` is ``+E164``, ``client:name`` or ``sip:…``."""

    address: str
    url: str = ""
    method: str = "POST"
    progress: Callback = NOWHERE
    parameters: tuple[tuple[str, str], ...] = ()
    send_digits: str = ""


@dataclass(frozen=True, slots=True)
class QueueNoun:
    name: str
    url: str = ""
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class ConferenceNoun:
    name: str
    is_muted: bool = False
    beep: str = "true"
    is_starting: bool = True
    is_ending: bool = False
    label: str = ""
    most: int = 250
    wait_url: str | None = None
    wait_method: str = "POST"
    is_recorded: bool = False
    coach: str = ""
    callback: Callback = NOWHERE
    recording: Callback = WHEN_COMPLETED


Noun = Endpoint | QueueNoun | ConferenceNoun


@dataclass(frozen=True, slots=True)
class Dial:
    nouns: tuple[Noun, ...]
    action: str | None = None
    method: str = "POST"
    timeout: int = 30
    time_limit: int = 14400
    is_answer_on_bridge: bool = False
    is_hangup_on_star: bool = False
    caller_id: str = ""
    record: str = "do-not-record"
    is_sequential: bool = False
    recording: Callback = WHEN_COMPLETED


@dataclass(frozen=True, slots=True)
class Enqueue:
    name: str
    action: str | None = None
    method: str = "POST"
    wait_url: str | None = None
    wait_method: str = "POST"
    max_size: int = 0


@dataclass(frozen=True, slots=True)
class Leave:
    pass


@dataclass(frozen=True, slots=True)
class Hangup:
    pass


@dataclass(frozen=True, slots=True)
class Redirect:
    url: str
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Reject:
    reason: str = "rejected"


@dataclass(frozen=True, slots=True)
class StartRecording:
    name: str = ""
    channels: int = 2
    track: str = "both"
    callback: Callback = WHEN_COMPLETED


@dataclass(frozen=True, slots=True)
class StopRecording:
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sms:
    body: str
    to: str = ""
    sender: str = ""
    callback: Callback = NOWHERE


Verb = (
    Say
    | Play
    | Pause
    | Gather
    | Record
    | Dial
    | Enqueue
    | Leave
    | Hangup
    | Redirect
    | Reject
    | StartRecording
    | StopRecording
    | Sms
)
