"""The carrier as Twilio's REST API: the one module that knows the `twilio` package."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from json import JSONDecodeError
from typing import Any, Final, TypeVar

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from ivr.carrier.errors import CallGone, CarrierRefused, CarrierUnavailable, LostRace, NotReady
from ivr.carrier.exchanges import error_for, exchange
from ivr.carrier.media import MediaShelf
from ivr.carrier.port import CarrierCall, CarrierMessage, CarrierRecording, Seat
from ivr.carrier.words import recording_status_named, status_named

T = TypeVar("T")

_CALL_EVENTS: Final = ["initiated", "ringing", "answered", "completed"]
_CONFERENCE_EVENTS: Final = ["start", "end", "join", "leave", "hold"]
_RECORDING_EVENTS: Final = ["in-progress", "completed", "absent"]
# Stands for the recording that runs, whose sid need not be known yet.
_RUNNING: Final = "Twilio.CURRENT"
_DIAL: Final = "DialVerb"
# An agent's client is rung for a bounded time anyway; a conversation that lasts a working day is a forgotten
# one.
_LONGEST_CALL_SECONDS: Final = 4 * 3600
ANSWER_WITHIN_SECONDS: Final = 3.0
"""For the carrier to accept a connection, and then again to answer: `config.due_work.LEASE` builds on it."""
# A longer page would take longer to answer than that.
_PAGE: Final = 200
# What the package raises over an answer that is no JSON, or JSON of another shape than it expects.
_NONSENSE: Final = (JSONDecodeError, AttributeError, KeyError, TypeError)
_LABEL_TAKEN: Final = 16025
_MOST_MESSAGES: Final = 1000
# The package would write ten lines about each request, with its query, into the log of whoever listens at INFO.
_QUIET: Final = logging.getLogger("pult.carrier.http")
_QUIET.setLevel(logging.WARNING)


class TwilioCarrier:
    """Answers `ivr.carrier.port.Carrier` over HTTP, from Twilio or from whatever speaks its contract at
    `base_url`.
    """

    def __init__(
        self,
        *,
        base_url: str,
        account_sid: str,
        auth_token: str,
        timeout_seconds: float = ANSWER_WITHIN_SECONDS,
    ) -> None:
        # The package's own default waits for ever, and retries would hide what "may have happened".
        http = TwilioHttpClient(timeout=timeout_seconds, max_retries=None, logger=_QUIET)
        self._session = http.session or requests.Session()
        # The exchange listens on loopback; a proxy of the environment must not see what is meant for it.
        self._session.trust_env = base_url.startswith("https://")
        self._client = Client(account_sid, auth_token, http_client=http)
        # These settings of the environment are meant for the carrier's own hosts, and mangle any other.
        self._client.edge = self._client.region = None
        self._client.api.base_url = base_url
        self._media = MediaShelf(
            session=self._session,
            url=f"{base_url}/2010-04-01/Accounts/{account_sid}/Recordings",
            auth=(account_sid, auth_token),
            timeout_seconds=timeout_seconds,
        )

    # --- calls ---------------------------------------------------------------------------------

    def place_call(
        self,
        *,
        to: str,
        caller_id: str,
        answer_url: str,
        fallback_url: str,
        status_url: str,
        timeout_seconds: int,
        extension: str | None = None,
    ) -> str:
        """See `port.Telephony`."""
        call = self._ask(
            "place_call",
            lambda: self._client.calls.create(
                to=to,
                from_=caller_id,
                url=answer_url,
                method="POST",
                fallback_url=fallback_url,
                fallback_method="POST",
                status_callback=status_url,
                status_callback_method="POST",
                status_callback_event=_CALL_EVENTS,
                timeout=timeout_seconds,
                time_limit=_LONGEST_CALL_SECONDS,
                **_keyed(extension),
            ),
        )
        return _sid(call)

    def take_from_queue(self, *, queue_sid: str, call_sid: str, document_url: str) -> None:
        """See `port.Telephony`. Twilio answers whoever comes second with 400 (twilio.md §4)."""
        member = self._client.queues(queue_sid).members(call_sid)
        try:
            self._ask("take_from_queue", lambda: member.update(url=document_url, method="POST"))
        except (CallGone, CarrierRefused) as error:
            raise LostRace(error.verb, code=error.code, status=error.status) from error

    def redirect(self, *, call_sid: str, document_url: str) -> None:
        """See `port.Telephony`."""
        self._ask("redirect", lambda: self._client.calls(call_sid).update(url=document_url, method="POST"))

    def end_call(self, *, call_sid: str) -> None:
        """See `port.Telephony`. `completed` ends a ringing leg as well as a live one."""
        try:
            self._ask("end_call", lambda: self._client.calls(call_sid).update(status="completed"))
        except CallGone:
            return

    def call_status(self, sid: str) -> CarrierCall | None:
        """See `port.Telephony`."""
        try:
            return _call(self._ask("call_status", lambda: self._client.calls(sid).fetch()))
        except CallGone:
            return None

    def calls_since(self, at: datetime) -> list[CarrierCall]:
        """See `port.Telephony`. The filter is by day at Twilio, so the list is cut here too."""
        found = self._ask("calls_since", lambda: self._client.calls.list(start_time_after=at, page_size=_PAGE))
        calls = [_call(call) for call in found]
        return [call for call in calls if call.started_at is None or call.started_at >= at]

    def queue_sid(self, name: str) -> str | None:
        """See `port.Telephony`."""
        found = self._ask("queue_sid", lambda: self._client.queues.list(page_size=_PAGE))
        return next((_sid(queue) for queue in found if queue.friendly_name == name), None)

    # --- conferences ---------------------------------------------------------------------------

    def ring_agent(
        self,
        *,
        conference: str,
        address: str,
        caller_id: str,
        label: str,
        timeout_seconds: int,
        status_url: str,
        conference_url: str,
        seat: Seat = Seat.HOST,
        recording_url: str | None = None,
    ) -> str:
        """See `port.Conferencing`. The host's leaving ends the conference, so that no caller sits there
        alone.
        """
        create = partial(
            self._client.conferences(conference).participants.create,
            to=address,
            from_=caller_id,
            label=label,
            timeout=timeout_seconds,
            early_media=False,
            beep="false",
            start_conference_on_enter=True,
            end_conference_on_exit=seat is Seat.HOST,
            muted=seat is Seat.LISTENER,
            status_callback=status_url,
            status_callback_method="POST",
            status_callback_event=_CALL_EVENTS,
            conference_status_callback=conference_url,
            conference_status_callback_method="POST",
            conference_status_callback_event=_CONFERENCE_EVENTS,
            time_limit=_LONGEST_CALL_SECONDS,
            **_recorded_by(recording_url),
        )
        try:
            return _given(self._ask("ring_agent", create).call_sid)
        except CarrierRefused as refusal:
            # A try whose answer was lost, seen too late by whoever looked before repeating.
            rung = self.participant_sid(conference=conference, label=label) if refusal.code == _LABEL_TAKEN else None
            if rung is None:
                raise
            return rung

    def participant_sid(self, *, conference: str, label: str) -> str | None:
        """See `port.Conferencing`."""
        try:
            participant = self._client.conferences(conference).participants(label)
            return _given(self._ask("participant_sid", participant.fetch).call_sid)
        except CallGone:
            return None

    def hold(self, *, conference: str, call_sid: str, on: bool, hold_url: str) -> None:
        """See `port.Conferencing`. Twilio would fetch the document by GET, which our urls do not answer."""
        participant = self._client.conferences(conference).participants(call_sid)
        if on:
            self._ask("hold", lambda: participant.update(hold=True, hold_url=hold_url, hold_method="POST"))
        else:
            self._ask("hold", lambda: participant.update(hold=False))

    def take_seat(self, *, conference: str, call_sid: str, seat: Seat, coached_sid: str | None = None) -> None:
        """See `port.Conferencing`."""
        participant = self._client.conferences(conference).participants(call_sid)
        flags: dict[str, Any] = {"muted": seat is Seat.LISTENER, "end_conference_on_exit": seat is Seat.HOST}
        if seat is Seat.WHISPERER:
            flags |= {"coaching": True, "call_sid_to_coach": coached_sid}
        else:
            flags |= {"coaching": False}
        self._ask("take_seat", lambda: participant.update(**flags))

    def end_conference(self, name: str) -> None:
        """See `port.Conferencing`."""
        conferences = self._client.conferences
        found = self._ask("find_conference", lambda: conferences.list(friendly_name=name))
        for conference in found:
            if conference.status != "completed":
                self._end_conference(_sid(conference))

    def _end_conference(self, sid: str) -> None:
        try:
            self._ask("end_conference", lambda: self._client.conferences(sid).update(status="completed"))
        except CallGone:
            return

    # --- messages ------------------------------------------------------------------------------

    def send_sms(self, *, to: str, sender: str, body: str, status_url: str) -> str:
        """See `port.Messaging`."""
        message = self._ask(
            "send_sms",
            lambda: self._client.messages.create(to=to, from_=sender, body=body, status_callback=status_url),
        )
        return _sid(message)

    def messages_to(self, to: str, *, since: datetime) -> list[CarrierMessage]:
        """See `port.Messaging`."""
        # The list is cut here, newest first: a number in the query would stand in the logs of whoever is on the way.
        return self._ask("messages_to", lambda: [it for it in self._messages(since) if it.to_number == to])

    def _messages(self, since: datetime) -> Iterator[CarrierMessage]:
        for it in map(_message, self._client.messages.stream(limit=_MOST_MESSAGES, page_size=100)):
            if it.created_at is not None and it.created_at < since:
                return
            yield it

    # --- recordings ----------------------------------------------------------------------------

    def fetch_recording(self, sid: str, *, most_bytes: int) -> bytes:
        """See `port.Shelf`. 404 means "not ready" as well as "not there", so the metadata decide."""
        return exchange("fetch_recording", lambda: self._sound(sid, most_bytes))

    def recordings_of(self, conference: str) -> list[CarrierRecording]:
        """See `port.Shelf`."""
        try:
            return self._ask("recordings_of", lambda: [_recording(it) for it in self._recordings(conference)])
        except CallGone:
            return []

    def _recordings(self, name: str) -> Iterator[Any]:
        for conference in self._client.conferences.list(friendly_name=name):
            yield from self._client.conferences(_sid(conference)).recordings.list(page_size=_PAGE)

    def recordings_of_dials(self, call_sid: str) -> list[CarrierRecording]:
        """See `port.Shelf`."""
        recordings = self._client.calls(call_sid).recordings
        try:
            found = self._ask("recordings_of_dials", lambda: recordings.list(page_size=_PAGE))
        except CallGone:
            return []
        return [_recording(it) for it in found if it.source == _DIAL]

    def pause_recording(self, conference: str, *, on: bool) -> None:
        """See `port.Shelf`. Silence and not a gap, so that the sound keeps to the call's own time."""
        how = {"status": "paused", "pause_behavior": "silence"} if on else {"status": "in-progress"}
        self._ask("pause_recording", lambda: self._current_recording(conference).update(**how))

    def _current_recording(self, name: str) -> Any:
        found = self._client.conferences.list(friendly_name=name, status="in-progress", limit=1)
        if not found:
            raise CallGone("pause_recording")
        return self._client.conferences(_sid(found[0])).recordings(_RUNNING)

    def delete_recording(self, sid: str) -> None:
        """See `port.Shelf`."""
        try:
            self._ask("delete_recording", lambda: self._client.recordings(sid).delete())
        except CallGone:
            return

    def _sound(self, sid: str, most_bytes: int) -> bytes:
        verb = "fetch_recording"
        status = _answered(verb, lambda: self._client.recordings(sid).fetch()).status
        if status not in ("completed", "absent"):
            raise NotReady(verb, status=404)
        return self._media.wav(sid, most_bytes=most_bytes)

    def _ask(self, verb: str, request: Callable[[], T]) -> T:
        return exchange(verb, lambda: _answered(verb, request))


def _answered(verb: str, request: Callable[[], T]) -> T:
    """The package raises its own exception for an answer, `requests`'s for none, and its base one for
    nonsense.
    """
    try:
        return request()
    except TwilioRestException as error:
        raise error_for(verb, status=error.status, code=error.code or None) from error
    except (requests.RequestException, TwilioException, *_NONSENSE) as error:
        raise CarrierUnavailable(verb) from error


def _sid(resource: Any) -> str:
    return _given(resource.sid)


def _given(sid: str | None) -> str:
    """A sid that an answer must hold; one without it is no answer. Raises CarrierUnavailable."""
    if not sid:
        raise CarrierUnavailable("read_answer")
    return str(sid)


def _call(call: Any) -> CarrierCall:
    return CarrierCall(
        sid=_sid(call),
        parent_sid=call.parent_call_sid or None,
        from_number=str(call._from or ""),
        to_number=str(call.to or ""),
        is_inbound=call.direction == "inbound",
        status=status_named(str(call.status)),
        started_at=call.start_time,
        ended_at=call.end_time,
    )


def _keyed(extension: str | None) -> dict[str, str]:
    """What has an extension keyed; each `w` is half a second."""
    return {} if extension is None else {"send_digits": f"ww{extension}"}


def _recorded_by(recording_url: str | None) -> dict[str, Any]:
    """What makes the conference of a participant a recorded one."""
    if recording_url is None:
        return {}
    return {
        "conference_record": "record-from-start",
        "conference_recording_status_callback": recording_url,
        "conference_recording_status_callback_method": "POST",
        "conference_recording_status_callback_event": _RECORDING_EVENTS,
    }


def _recording(recording: Any) -> CarrierRecording:
    seconds = str(recording.duration or "")
    return CarrierRecording(
        sid=_sid(recording),
        status=recording_status_named(str(recording.status)),
        duration_seconds=int(seconds) if seconds.isdigit() else 0,
        started_at=recording.start_time,
    )


def _message(message: Any) -> CarrierMessage:
    return CarrierMessage(
        sid=_sid(message),
        to_number=str(message.to),
        body=str(message.body or ""),
        status=str(message.status),
        created_at=message.date_created,
    )
