"""What is derived from SECRET_KEY: sealing of second-factor secrets, and tokens in letters."""

import hashlib
import os
from dataclasses import dataclass, field
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadData, URLSafeSerializer

from portal.accounts.rules import LinkIsStale, SecondFactorUnreadable

_NONCE = 12


@dataclass(frozen=True, slots=True)
class Keys:
    """The site's secrets, newest first: made with the newest, understood with any."""

    secrets: tuple[str, ...] = field(repr=False)

    def seal(self, plain: bytes, owner: str) -> bytes:
        """Encrypt for one owner (AES-256-GCM); moved to another owner's row, it no longer opens."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(_sealing_key(self.secrets[0])).encrypt(nonce, plain, owner.encode())

    def unseal(self, sealed: bytes, owner: str) -> bytes:
        """Raises SecondFactorUnreadable when no secret of ours opens it."""
        for secret in self.secrets:
            try:
                return AESGCM(_sealing_key(secret)).decrypt(sealed[:_NONCE], sealed[_NONCE:], owner.encode())
            except InvalidTag:
                continue
        raise SecondFactorUnreadable()

    def token(self, purpose: str, *facts: str | int) -> str:
        """A signed text for a link. It holds no secret, only facts that nobody can change."""
        return str(self._signer(purpose).dumps(list(facts)))

    def facts(self, purpose: str, token: str) -> list[str | int]:
        """What ``token`` says. Raises LinkIsStale when it was not made by us for this purpose."""
        try:
            return list(self._signer(purpose).loads(token[:1000]))
        except (BadData, TypeError):
            raise LinkIsStale() from None

    def _signer(self, purpose: str) -> URLSafeSerializer:
        oldest_first = list(reversed(self.secrets))
        return URLSafeSerializer(
            oldest_first, salt=f"accounts:{purpose}", signer_kwargs={"digest_method": hashlib.sha256}
        )


@cache
def _sealing_key(secret: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"portal accounts second factor v1").derive(
        secret.encode()
    )
