"""The Flask app of the carrier's webhooks."""

from collections.abc import Callable
from typing import Any

from flask import Flask


class WebhookApp(Flask):
    """No view here is a coroutine, which Flask would look for four times a request."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func
