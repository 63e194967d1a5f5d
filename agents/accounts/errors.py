"""Errors of accounts.

AccountError
├── AccountExists        an account of this name is there already
├── UnknownAccount       no account has this name
├── UnknownRole          the account does not have this role, or the role lacks its agent
├── PasswordTooWeak      a password that is too short, or is the account's own name
├── SignInRefused        name and password do not fit, or the account is locked; deliberately not told which
├── TooManyTries         signing in is refused for a while; it says until when
├── SingleSignOnRefused  the provider's answer cannot be trusted, or names nobody here
└── ProviderUnavailable  the provider of single sign-on does not answer
"""

from datetime import datetime

from agents.errors import AgentError


class AccountError(AgentError):
    """Something about an account cannot be done."""


class AccountExists(AccountError):
    """An account of this name is there already."""


class UnknownAccount(AccountError):
    """No account has this name."""


class UnknownRole(AccountError):
    """The account does not have this role, or the role lacks its agent."""


class PasswordTooWeak(AccountError):
    """The password is too short, or is the account's own name."""


class SignInRefused(AccountError):
    """Name and password do not fit, or the account is locked: a stranger is not told which."""


class TooManyTries(AccountError):
    """Signing in is refused until an instant, however right the password."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"too many tries: again after {until:%H:%M:%S} UTC")
        self.until = until


class SingleSignOnRefused(AccountError):
    """The provider's answer cannot be trusted, or names nobody here."""


class ProviderUnavailable(AccountError):
    """The provider of single sign-on does not answer."""
