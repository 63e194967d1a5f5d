"""What a supervisor's page may be refused.

SupervisorError
├── SearchTooWide   a policy's number of too few signs
└── ExportRefused   several exports of one account are under way
"""


class SupervisorError(Exception):
    """The root."""


class SearchTooWide(SupervisorError):
    """A search for a policy by so few signs that it would bring up anybody."""


class ExportRefused(SupervisorError):
    """The account has as many exports under way as one may have."""
