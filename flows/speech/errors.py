"""What can go wrong when a prompt is spoken.

ValueError
└── SpeechError        a value that its kind or language cannot speak
    └── PromptError    a template that is malformed, or rendered with a missing or wrong value
"""


class SpeechError(ValueError):
    """A value cannot be spoken; the message never quotes the value, which may identify a person."""


class PromptError(SpeechError):
    """A prompt's text is wrong at `position`, a 0-based character offset into the template."""

    def __init__(self, message: str, *, position: int) -> None:
        super().__init__(f"character {position + 1}: {message}")
        self.position = position
        self.reason = message
