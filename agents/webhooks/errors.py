"""Errors of outgoing webhooks.

AgentError
└── WebhookError      an endpoint cannot be added or found; the text is for an administrator
"""

from agents.errors import AgentError


class WebhookError(AgentError):
    """An endpoint or a delivery cannot be had as asked."""
