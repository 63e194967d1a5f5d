"""Where the carrier finds the phone side: the absolute urls of its webhooks, made and read in one place.

No url holds a name, a number or keyed digits. A turn's number is the one that its answer will have.
"""

from dataclasses import dataclass
from typing import Final

# A wait's rounds are numbered through a call: the turn that began the wait, then the round within it.
ROUNDS_PER_WAIT: Final = 10_000


@dataclass(frozen=True)
class Urls:
    """The urls of one call's documents, under the configured public address."""

    public_url: str
    call_id: str

    def turn(self, number: int) -> str:
        """Takes keys, silence and what came of a transfer."""
        return f"{self._call}/turns/{number}"

    def diverted(self, number: int) -> str:
        """Takes what came of dialling the number that a queue is diverted to."""
        return f"{self._call}/turns/{number}?after=queue"

    def recorded(self, number: int) -> str:
        """Takes a message that was spoken."""
        return f"{self._call}/recorded/{number}"

    def queue_left(self, number: int) -> str:
        """Hears how the caller left the queue."""
        return f"{self._call}/queue-left/{number}"

    def bridge_left(self, number: int) -> str:
        """Hears that the caller's conversation is over."""
        return f"{self._call}/bridge-left/{number}"

    def waiting(self, round_number: int) -> str:
        """What a waiting caller hears."""
        return f"{self._call}/waiting/{round_number}"

    def waiting_key(self, round_number: int) -> str:
        """Takes a key pressed while waiting."""
        return f"{self._call}/waiting/{round_number}/key"

    def hold(self, round_number: int) -> str:
        """What a caller on hold hears."""
        return f"{self._call}/hold/{round_number}"

    @property
    def recordings(self) -> str:
        """Hears that a recording is ready."""
        return f"{self.public_url}/voice/recordings/status"

    @property
    def hold_music(self) -> str:
        """The hold loop, five seconds long."""
        return f"{self.public_url}/static/hold.wav"

    @property
    def _call(self) -> str:
        return f"{self.public_url}/voice/calls/{self.call_id}"


def ringing_tone_url(public_url: str) -> str:
    """One round of the Russian ringing tone, five seconds long."""
    return f"{public_url}/static/ringing.wav"


def message_status_url(public_url: str, message_id: str) -> str:
    """Hears how far a text message has come."""
    return f"{public_url}/voice/messages/{message_id}/status"


def first_round(turn: int) -> int:
    """The number of the first round of the wait that turn `turn` is to end."""
    return turn * ROUNDS_PER_WAIT + 1


def turn_of_round(round_number: int) -> int:
    """The turn that ends the wait of this round."""
    return round_number // ROUNDS_PER_WAIT
