"""A device with passkeys, in software: what a browser would send, and what forgers would."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

ORIGIN = "http://localhost:5000"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Device:
    """An authenticator with one key (P-256). ``flags`` without VERIFIED: nobody unlocked it."""

    origin: str = ORIGIN
    party: str = "localhost"
    flags: int = PRESENT | VERIFIED
    uses: int = 0
    kind: str = ""  # instead of webauthn.create, webauthn.get
    id: bytes = field(default_factory=lambda: token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: str) -> str:
        """The answer to creation options."""
        said = json.loads(options)
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        kept = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        data = self._data(self.flags | ATTESTED) + kept
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client(self.kind or "webauthn.create", said["challenge"])
        return self._answer({"attestationObject": attestation, "clientDataJSON": client})

    def use(self, options: str) -> str:
        """The answer to request options; the key counts its uses."""
        self.uses += 1
        client = self._client(self.kind or "webauthn.get", json.loads(options)["challenge"])
        data = self._data(self.flags)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer({"authenticatorData": data, "signature": signature, "clientDataJSON": client})

    def _data(self, flags: int) -> bytes:
        return sha256(self.party.encode()).digest() + bytes([flags]) + self.uses.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, response: dict[str, bytes]) -> str:
        name = bytes_to_base64url(self.id)
        said: dict[str, Any] = {
            "id": name, "rawId": name, "type": "public-key", "clientExtensionResults": {},
            "response": {field: bytes_to_base64url(value) for field, value in response.items()},
        }  # fmt: skip
        return json.dumps(said)
