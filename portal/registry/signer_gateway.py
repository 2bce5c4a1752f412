"""The signer: Ed25519 keys that keep their own last word and refuse to sign a log that contradicts it.

Its memory is a file of its own, apart from the database: restoring an old backup of the database forks
the log, and this is who notices. It may move to another machine without changing its callers.

While a key is changed there are two seeds and two signatures, so that whoever knows only the old key, or
only the new one, can check. Past keys sign nothing; what they signed up to their last size stays good.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.db import assert_no_transaction
from portal.registry.rules import checkpoint
from portal.registry.rules.checkpoint import Checkpoint, PublicKey


@dataclass(frozen=True, slots=True)
class Signer:
    seeds: tuple[bytes, ...]  # the newest first
    origin: str
    memory: Path
    past: tuple[PublicKey, ...] = ()

    @property
    def signing(self) -> tuple[PublicKey, ...]:
        """Keys that sign today, the newest first."""
        return tuple(checkpoint.public_key(self.origin, checkpoint.private_key(seed)) for seed in self.seeds)

    @property
    def public_key(self) -> PublicKey:
        """The newest."""
        return self.signing[0]

    @property
    def trusted(self) -> tuple[PublicKey, ...]:
        """Every key whose signature counts."""
        return (*self.signing, *self.past)

    def last(self) -> Checkpoint | None:
        """What was signed last, or None."""
        if not self.memory.exists():
            return None
        return checkpoint.verify(self.memory.read_text(), self.origin, self.trusted)

    def sign(self, new: Checkpoint, proof: Sequence[bytes]) -> str:
        """The signed note. ``proof`` shows that ``new`` continues ``last()``. Raises LogForked."""
        assert_no_transaction()
        with self._alone():
            checkpoint.next_checkpoint(self.last(), new, proof)
            note = checkpoint.sign(new, [checkpoint.private_key(seed) for seed in self.seeds])
            draft = self.memory.with_suffix(".new")
            with open(draft, "w") as file:
                file.write(note)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.memory)
            return note

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.memory.parent.mkdir(parents=True, exist_ok=True)
        with open(self.memory.with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
