"""What holds of people, passwords, sign-ins and organisations, without a database or a clock."""

import hashlib
import ipaddress
import itertools
import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from portal.accounts.common_passwords import CORES, EXACT
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, NotAllowed, NotFound, Refused

# --- What can go wrong -----------------------------------------------------------------------------


class WrongCredentials(InvalidInput):
    # One text for an unknown address and a wrong password: the page must not tell which people exist.
    message = N_("The e-mail address or the password is not right.")


class TooManyTries(Refused):
    message = N_("There were too many tries. Please wait %(minutes)s minutes and try again.")


class TooManyLetters(Refused):
    message = N_("We have sent several e-mails to this address already. Look there, or try again in an hour.")


class NotConfirmed(Refused):
    message = N_("Please confirm your e-mail address first. We have just sent you a new e-mail with a link.")


class LinkIsStale(Refused):
    message = N_("This link has expired or was used already. Please ask for a new one.")


class PasswordTooShort(InvalidInput):
    message = N_("Use at least %(min)s characters, for example four words in a row.")


class PasswordTooLong(InvalidInput):
    message = N_("Use at most %(max)s characters.")


class PasswordTooCommon(InvalidInput):
    message = N_(
        "This password is among the first to be guessed. Choose another, for example four random words."
    )


class PasswordUnchanged(InvalidInput):
    message = N_("Choose a password that differs from the current one.")


class WrongPassword(InvalidInput):
    message = N_("The password is not right.")


class WrongCode(InvalidInput):
    message = N_("The code is not right, or it was used already. Wait for the next one and try again.")


class NoSecondFactor(Refused):
    message = N_("Set up the second factor first.")


class RolesAreLive(Refused):
    message = N_("You act for the city in a role. Have an administrator take it back first.")


class SecondFactorUnreadable(Refused):
    message = N_("Your second factor can no longer be read. Please ask the operator to reset it.")


class WrongPasskey(InvalidInput):
    message = N_("This passkey was not accepted. Try again, or sign in with your password.")


class PasskeyIsKnown(Refused):
    message = N_("This passkey is in use already.")


class TooManyPasskeys(Refused):
    message = N_("An account has at most %(most)s passkeys. Remove one first.")


class NoPasskeysHere(Refused):
    message = N_("Passkeys do not work at this address of the portal: they need a name, not a number.")


class NotFresh(NotAllowed):
    message = N_("Please sign in again to make this change.")


class NoSuchPerson(NotFound):
    message = N_("There is no account with this address.")


class LastAdministrator(Refused):
    message = N_("The portal needs an administrator. Make somebody else one first.")


class NotOnOneself(Refused):
    message = N_("Nobody decides about their own roles or their own second factor: two others do.")


class RoleNotHeld(Refused):
    message = N_("This person does not have the role.")


class AddressIsTaken(Refused):
    message = N_("There is an account with this address already.")


class NameIsMissing(InvalidInput):
    message = N_("Enter a name of at most %(max)s characters.")


class NotACreditCode(InvalidInput):
    message = N_(
        "This is not a valid unified social credit code (18 digits and letters, the last a check digit)."
    )


class OrganisationIsKnown(Refused):
    message = N_("An organisation with this code is registered already. Ask one of its owners to invite you.")


class AlreadyMember(Refused):
    message = N_("This person is a member already.")


class LastOwner(Refused):
    message = N_("An organisation needs an owner. Make somebody else an owner first.")


# --- Addresses and names ---------------------------------------------------------------------------

NAME_MAX = 100


def email_key(email: str) -> str:
    """What two spellings of one address have in common."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


def checked_name(name: str) -> str:
    """The name, trimmed. Raises NameIsMissing when it is empty or too long."""
    name = name.strip()
    if not 0 < len(name) <= NAME_MAX:
        raise NameIsMissing(max=NAME_MAX)
    return name


# --- Passwords -------------------------------------------------------------------------------------

PASSWORD_MIN, PASSWORD_MAX = 10, 200
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def normal_password(password: str) -> str:
    """One spelling for what different keyboards send for the same characters (NIST SP 800-63B: NFKC)."""
    return unicodedata.normalize("NFKC", password[: PASSWORD_MAX * 4])


def check_password(password: str, email: str) -> None:
    """Length and guessability, no composition rules.

    Raises PasswordTooShort, PasswordTooLong, PasswordTooCommon.
    """
    if len(password) > PASSWORD_MAX:
        raise PasswordTooLong(max=PASSWORD_MAX)
    password = normal_password(password)
    if len(password) < PASSWORD_MIN:
        raise PasswordTooShort(min=PASSWORD_MIN)
    if is_common(password) or is_about(password, email):
        raise PasswordTooCommon()


def is_common(password: str) -> bool:
    """Whether it is listed, one short piece over and over, or a run such as ``abcdefghij``."""
    folded = password.casefold()
    if folded in EXACT or _AROUND.sub("", folded) in CORES:
        return True
    if any(folded == (folded[:n] * len(folded))[: len(folded)] for n in range(1, 5)):
        return True
    return len({ord(b) - ord(a) for a, b in itertools.pairwise(folded)}) == 1


def is_about(password: str, email: str) -> bool:
    """Whether it is the person's own address, or the name in it with digits and signs around."""
    folded, address = password.casefold(), email_key(email)
    own_name = _AROUND.sub("", address.partition("@")[0])
    return folded == address or (len(own_name) >= 4 and _AROUND.sub("", folded) == own_name)


# --- Throttles -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many tries in a window that begins with the first."""

    most: int
    within: timedelta

    @property
    def minutes(self) -> int:
        return int(self.within.total_seconds() // 60)


_QUARTER = timedelta(minutes=15)
TRIES_FROM_NETWORK = Limit(30, _QUARTER)
TRIES_AT_ACCOUNT_FROM_NETWORK = Limit(10, _QUARTER)
TRIES_AT_ACCOUNT = Limit(50, _QUARTER)
CODES_OF_PERSON = Limit(5, _QUARTER)
LETTERS_TO_ADDRESS = Limit(4, timedelta(hours=1))
LETTERS_FROM_NETWORK = Limit(30, timedelta(hours=1))
JOIN_CODES_FROM_NETWORK = Limit(60, _QUARTER)
CHALLENGES_FROM_NETWORK = Limit(60, _QUARTER)


def network_of(address: str | None) -> str:
    """The neighbourhood of an IP address: what one household or attacker shares (/24, or /48 in IPv6)."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False))


_BROWSERS = {
    "MicroMessenger": "WeChat", "Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "FxiOS": "Firefox",
    "CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari", "curl": "curl",
}  # fmt: skip
_SYSTEMS = {
    "HarmonyOS": "HarmonyOS", "OpenHarmony": "HarmonyOS", "Android": "Android", "iPhone": "iPhone",
    "iPad": "iPad", "Windows": "Windows", "Mac OS X": "macOS", "Linux": "Linux",
}  # fmt: skip


def agent_of(user_agent: str) -> str:
    """Enough of a browser's name for its owner to know it again, and no more: ``Firefox · Windows``."""
    parts = [
        next((name for mark, name in known.items() if mark in user_agent), "")
        for known in (_BROWSERS, _SYSTEMS)
    ]
    return " · ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class Visitor:
    """From where somebody signs in; says nothing about who."""

    network: str
    agent: str

    @classmethod
    def of(cls, address: str | None, user_agent: str) -> "Visitor":
        return cls(network_of(address), agent_of(user_agent))


def pupil_key(login: str) -> str:
    """Under what a pupil's account is known, where others have an address: no form takes it for one."""
    return email_key(f"pupil:{login}")


# --- Roles and signed-in browsers ------------------------------------------------------------------

# What can be granted; everybody is a citizen, and each of these asks for a second factor.
GRANTABLE = tuple(role for role in Role if role is not Role.CITIZEN)


def session_id(sid: str) -> str:
    """What is stored of the secret in the cookie: who reads the table cannot sign in with it."""
    return hashlib.sha256(sid.encode("utf-8", "replace")).hexdigest()


FRESH = timedelta(minutes=15)
SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Life:
    """How long a sign-in lasts: at most, and without a request."""

    whole: timedelta
    idle: timedelta


LIFE = Life(timedelta(days=30), timedelta(days=14))
LIFE_WITH_ROLE = Life(timedelta(hours=12), timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser that has passed the password, and its person."""

    session_id: str
    person_id: str
    email: str
    name: str
    lang: str
    created_at: datetime
    last_seen_at: datetime
    second_factor_at: datetime | None
    has_app: bool
    has_passkey: bool
    password_is_temporary: bool
    unread: int = 0
    granted: frozenset[Role] = frozenset()
    organisations: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_second_factor(self) -> bool:
        return self.has_app or self.has_passkey

    @property
    def awaits_code(self) -> bool:
        """Until the second factor is given, nobody is signed in."""
        return self.has_second_factor and self.second_factor_at is None

    @property
    def lacks_second_factor(self) -> bool:
        """A role waits for a second factor that this person has yet to set up."""
        return bool(self.granted) and not self.has_second_factor

    @property
    def actor(self) -> Actor:
        """The person as commands see them; roles are live only after the second factor."""
        live = self.second_factor_at is not None and self.has_second_factor and not self.password_is_temporary
        roles = self.granted if live else frozenset[Role]()
        held = dict(self.organisations)
        return Actor(self.person_id, roles | {Role.CITIZEN}, organisations=held, is_pupil=self.is_pupil)

    @property
    def is_pupil(self) -> bool:
        """Whether a school opened this account: it has no address."""
        return not self.email

    def is_alive(self, now: datetime) -> bool:
        life = LIFE_WITH_ROLE if self.granted else LIFE
        return now < self.created_at + life.whole and now < self.last_seen_at + life.idle

    def is_fresh(self, now: datetime) -> bool:
        """Whether the last proof of identity is recent enough for a sensitive change."""
        return now < (self.second_factor_at or self.created_at) + FRESH

    def is_to_be_marked_seen(self, now: datetime) -> bool:
        return now >= self.last_seen_at + SEEN_EVERY


# --- Second factor ---------------------------------------------------------------------------------

STEP_SECONDS = 30
RECOVERY_CODES = 10
_DIGITS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is read as another


def step_of(now: datetime) -> int:
    """The time step of RFC 6238."""
    return int(now.timestamp()) // STEP_SECONDS


def recovery_code(random: bytes) -> str:
    """``XXXX-XXXX-XXXX-XXXX`` from 16 random bytes (78 bits)."""
    text = "".join(_DIGITS[byte % len(_DIGITS)] for byte in random[:16])
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))


def is_app_code(text: str) -> bool:
    """Whether it can be a code from an app (six digits), and not a recovery code."""
    return re.fullmatch(r"[0-9]{6}", re.sub(r"\s", "", text)) is not None


# --- Passkeys --------------------------------------------------------------------------------------

PASSKEYS_MAX = 10
PASSKEY_NAME_MAX = 60
CHALLENGE_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Party:
    """Whom a passkey is made for (WebAuthn's relying party): ``id`` is a host, ``origin`` its address."""

    id: str
    name: str
    origin: str


def party_of(base_url: str, name: str) -> Party:
    """The party behind an address. Raises NoPasskeysHere: browsers make no passkeys for an IP address."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    with suppress(ValueError):
        ipaddress.ip_address(host)
        raise NoPasskeysHere()
    return Party(host, name, f"{parts.scheme}://{parts.netloc}")


def challenge_id(challenge: bytes) -> str:
    """What is stored of a challenge."""
    return hashlib.sha256(challenge).hexdigest()


def checked_passkey_name(name: str) -> str:
    """Raises NameIsMissing."""
    name = name.strip()
    if not 0 < len(name) <= PASSKEY_NAME_MAX:
        raise NameIsMissing(max=PASSKEY_NAME_MAX)
    return name


# --- Organisations ---------------------------------------------------------------------------------


class Part(StrEnum):
    """What a member may do for an organisation."""

    OWNER = "owner"  # members, and all below
    APPROVER = "approver"  # spend and sign for it
    MEMBER = "member"  # prepare


ORGANISATION_NAME_MAX = 200
INVITATION_LASTS = timedelta(days=14)


def checked_credit_code(text: str) -> str:
    """The unified social credit code (GB 32100-2015) in its usual spelling. Raises NotACreditCode."""
    try:
        return str(uscc.validate(text[:40]))
    except ValidationError:
        raise NotACreditCode() from None


def checked_organisation_name(name: Bilingual) -> Bilingual:
    """Raises NameIsMissing unless at least one language is filled in."""
    name = Bilingual(name.zh.strip(), name.en.strip())
    if not (name.zh or name.en) or max(len(name.zh), len(name.en)) > ORGANISATION_NAME_MAX:
        raise NameIsMissing(max=ORGANISATION_NAME_MAX)
    return name


def leaves_no_owner(parts: Mapping[str, Part], person_id: str, becomes: Part | None) -> bool:
    """Whether nobody would own the organisation if this member became that (None: left)."""
    after = {**parts, person_id: becomes}
    return Part.OWNER not in after.values()
