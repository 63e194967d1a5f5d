"""The seal keys of an installation: the one that wraps now, and older ones that still open what they wrapped."""

import hashlib
from dataclasses import dataclass, field

from config.settings import Settings, read_seal_keys
from recordings.errors import SealBroken


@dataclass(frozen=True)
class SealKey:
    """A key of 32 bytes, and the name under which rows refer to it, which tells nothing of it."""

    key: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """The first half of the key's digest."""
        return hashlib.sha256(b"pult seal key" + self.key).hexdigest()[:16]


@dataclass(frozen=True)
class SealKeys:
    """All keys, the current one first."""

    all: tuple[SealKey, ...]

    @property
    def current(self) -> SealKey:
        """The key that wraps from now on."""
        return self.all[0]

    def knows(self, key_id: str) -> bool:
        """Whether the key with this id is still ours."""
        return any(one.id == key_id for one in self.all)

    def named(self, key_id: str | None) -> SealKey:
        """The key with this id; None is the current one. Raises SealBroken where it is not ours any more."""
        if key_id is None:
            return self.current
        for one in self.all:
            if one.id == key_id:
                return one
        raise SealBroken(f"no seal key {key_id}")


def seal_keys(settings: Settings) -> SealKeys:
    """The keys as they are now: they may be changed while programs run. Raises ConfigError."""
    return SealKeys(tuple(SealKey(key) for key in read_seal_keys(settings.data_dir, settings.named)))
