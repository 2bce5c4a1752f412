"""A witness of the log, with its key."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.registry.commands import witnesses as watch
from portal.registry.jobs import sequence_and_sign
from portal.registry.queries import log
from portal.registry.rules import checkpoint
from portal.registry.rules.checkpoint import COSIGNATURE, PublicKey
from tests.factories.registry import STAFF

SECRET = Ed25519PrivateKey.from_private_bytes(bytes([9] * 32))
NAME = "witness.example/w1"
KEY = PublicKey(NAME, SECRET.public_key().public_bytes_raw(), kind=COSIGNATURE).text


def a_witness() -> str:
    """Its id. The log is signed with its joining in it, so that it has something to sign."""
    witness_id = watch.add(STAFF, KEY, Bilingual("某大学", "A university"), clock.now())
    sequence_and_sign()
    return witness_id


def now_s() -> int:
    return int(clock.now().timestamp())


def head() -> log.SignedHead:
    found = log.latest_checkpoint()
    assert found is not None
    return found


def signed_line(at: int | None = None) -> str:
    """The witness's line under the newest checkpoint."""
    return checkpoint.cosign(head().note, NAME, SECRET, now_s() if at is None else at)
