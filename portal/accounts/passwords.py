"""Password hashes: argon2id with the parameters OWASP recommends (19 MiB, two passes, one lane)."""

import hashlib

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.accounts.rules import normal_password

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# The hash of a password nobody has, with the same parameters: an unknown address costs the same time.
NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$gvvjWvQ/l0Z5rWsb5x6cGQ$pR/dcnerf8MmX3qRS2uIVPKSWLbHna3U8Bv4ML2NWSU"


def hash_of(password: str) -> str:
    return _HASHER.hash(normal_password(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password belongs to the hash; without a hash, no, after the same time."""
    try:
        _HASHER.verify(password_hash or NOBODYS, normal_password(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def fingerprint(password_hash: str) -> str:
    """Changes with the password and tells nothing about it: what a link in a letter is bound to."""
    return hashlib.sha256(password_hash.encode()).hexdigest()[:22]
