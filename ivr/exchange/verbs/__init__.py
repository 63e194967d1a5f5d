"""One module per family of verbs; importing the package makes the script able to perform them."""

from ivr.exchange.verbs import dialling, gathering, queueing, recording, saying, steering

__all__ = ["dialling", "gathering", "queueing", "recording", "saying", "steering"]
