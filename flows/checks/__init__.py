"""What is proven of flows before they answer a call, by walking everywhere that a call can come."""

from flows.checks.proving import check, prove

__all__ = ["check", "prove"]
