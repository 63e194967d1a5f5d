"""What can go wrong at the exchange; each is named by what happened, not by its class.

ExchangeError
├── Refused          a REST request is refused: Twilio's error code and an HTTP status
├── DocumentFault    a TwiML document cannot be run: Twilio's error code
├── NoSuchPhone      the control API was asked about a telephone that does not exist
├── PortTaken        the exchange cannot listen where it was told to
└── UnreadableLines  a file of what is said at telephones is not written as it should be
"""

from __future__ import annotations


class ExchangeError(Exception):
    """Base of everything that the exchange raises on purpose."""


class Refused(ExchangeError):
    """A REST request is refused (twilio.md §4): ``code`` is Twilio's, ``status`` is HTTP's."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class DocumentFault(ExchangeError):
    """A TwiML document cannot be run; ``code`` is Twilio's error (twilio.md §1)."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class NoSuchPhone(ExchangeError):
    """No telephone, and no call, has this id."""


class PortTaken(ExchangeError):
    """The address to listen on is in use, or may not be used."""


class UnreadableLines(ExchangeError):
    """A file of lines cannot be read; the text says where."""


def not_found(path: str) -> Refused:
    """Twilio's 20404 for a resource that does not exist."""
    return Refused(20404, f"The requested resource {path} was not found", 404)
