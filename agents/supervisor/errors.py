"""What a supervisor's page may be refused.

SupervisorError
└── SearchTooWide   a policy's number of too few signs
"""


class SupervisorError(Exception):
    """The root."""


class SearchTooWide(SupervisorError):
    """A search for a policy by so few signs that it would bring up anybody."""
