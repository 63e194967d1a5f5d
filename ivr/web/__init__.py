"""The carrier's webhooks over HTTP: verify and parse, command, render."""
