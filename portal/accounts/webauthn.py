"""Passkeys as browsers speak of them (W3C WebAuthn level 3): what they are asked, and what they answer.

The device always verifies its user, so that a passkey is two factors in one: having it and unlocking it.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.accounts.rules import Party, WrongPasskey
from portal.kernel.canonical import read_json

MAX_ANSWER = 20_000
_ID: Final = re.compile(r"[\w-]+={0,2}", re.ASCII)  # base64url
_ALWAYS = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey; ``public_key`` is COSE, ``id`` base64url."""

    id: str
    public_key: bytes
    uses: int


def creation_options(
    party: Party, person_id: str, email: str, name: str, challenge: bytes, known: list[str]
) -> str:
    """What a browser needs to make a passkey, as JSON. ``known`` are made no second time on one device."""
    options = generate_registration_options(
        rp_id=party.id, rp_name=party.name, user_id=person_id.encode(), user_name=email,
        user_display_name=name, challenge=challenge,
        exclude_credentials=[_descriptor(each) for each in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_ALWAYS
        ),
    )  # fmt: skip
    return options_to_json(options)


def request_options(party: Party, challenge: bytes) -> str:
    """What a browser needs to offer the passkeys it has for this party, as JSON."""
    options = generate_authentication_options(rp_id=party.id, challenge=challenge, user_verification=_ALWAYS)
    return options_to_json(options)


def challenge_in(answer: str) -> bytes:
    """The challenge that an answer says it has signed. Raises WrongPasskey."""
    try:
        said = read_json(base64url_to_bytes(_read(answer)["response"]["clientDataJSON"]))
        return base64url_to_bytes(said["challenge"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise WrongPasskey() from None


def id_in(answer: str) -> str:
    """Which passkey answers. Raises WrongPasskey."""
    said = _read(answer).get("id")
    if not isinstance(said, str) or not _ID.fullmatch(said):
        raise WrongPasskey()
    return said


def made(answer: str, challenge: bytes, party: Party) -> Made:
    """The passkey that was made. Raises WrongPasskey unless all of the answer is as it must be."""
    try:
        found = verify_registration_response(
            credential=_read(answer), expected_challenge=challenge, expected_rp_id=party.id,
            expected_origin=party.origin, require_user_verification=True,
        )  # fmt: skip
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise WrongPasskey() from None
    return Made(bytes_to_base64url(found.credential_id), found.credential_public_key, found.sign_count)


def uses_after(answer: str, challenge: bytes, party: Party, public_key: bytes, uses: int) -> int:
    """The key's counter after it has signed. Raises WrongPasskey, also when the counter stands still."""
    try:
        found = verify_authentication_response(
            credential=_read(answer), expected_challenge=challenge, expected_rp_id=party.id,
            expected_origin=party.origin, credential_public_key=public_key,
            credential_current_sign_count=uses, require_user_verification=True,
        )  # fmt: skip
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise WrongPasskey() from None
    return found.new_sign_count


def _read(answer: str) -> dict[str, Any]:
    try:
        said = read_json(answer) if len(answer) <= MAX_ANSWER else None
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise WrongPasskey()
    return said


def _descriptor(credential_id: str) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(id=base64url_to_bytes(credential_id))
