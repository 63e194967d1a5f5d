"""What can be wrong with a sound.

ValueError
└── NotWav            a file that is no WAV file, or of a kind that cannot be played
"""


class NotWav(ValueError):
    """The file cannot be read; the text says why."""
