"""Configuration: read once from the environment, frozen, refused whole when anything is missing or unsafe."""

import base64
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from portal.kernel.bilingual import Bilingual
from portal.kernel.money import PLACES

ROOT = Path(__file__).resolve().parent.parent
LANGS = ("zh", "en")
_KNOWN_PASSWORDS = ("postgres", "password", "portal", "secret", "changeme", "admin", "root", "123456")
MULTIKEY = re.compile("z6Mk[1-9A-HJ-NP-Za-km-z]{44}|zDn[1-9A-HJ-NP-Za-km-z]{46}")  # Ed25519, P-256


class BadConfiguration(SystemExit):
    """The portal does not start. ``faults`` lists all that is missing or wrong, one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        lines = "\n".join(f"  - {fault}" for fault in faults)
        super().__init__(f"The portal cannot start with this configuration:\n{lines}")


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells, as invoices must name it: in the letters of its licence, whatever the page's language."""

    name: str
    address: str
    tax_number: str


DEMONSTRATION = Seller("示范销售方 Demonstration seller", "示范地址 Demonstration address", "")


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the operator decides. Keys are bytes or text, never logged (``repr`` hides them)."""

    env: str
    database_url: str
    secret_keys: tuple[str, ...]
    base_url: str
    instance: Path
    documents: Path
    checkpoint_seed: bytes
    checkpoint_origin: str
    credential_seed: bytes
    site_name: Bilingual
    city_code: str = "230700"
    default_lang: str = "zh"
    currency: str = "CNY"
    stripe_secret_key: str = ""
    stripe_webhook_secrets: tuple[str, ...] = ()
    stripe_api_base: str = ""
    smtp_url: str = ""
    bank_account: str = ""
    security_contact: str = ""  # whom to tell of a weakness: mailto: or https:
    seller: Seller = DEMONSTRATION
    limits_storage: str = "memory://"
    scanner: str = ""  # where clamd listens: a path, or a host and port; empty: nothing is scanned
    replica_url: str = ""  # a streaming replica, which public pages are read from
    slow_query_ms: int = 500  # statements that take longer are logged; 0: none
    slow_query_plan: bool = False  # with the shape of their plan
    trusted_proxies: int = 0
    checkpoint_old_seeds: tuple[bytes, ...] = ()  # sign beside the newest while the log's key is changed
    checkpoint_past_keys: tuple[str, ...] = ()  # public keys that sign no more, as lines "KEY until SIZE"
    credential_past_keys: tuple[str, ...] = ()  # public keys that sign no more, as publicKeyMultibase
    certificate_key: Path | None = None  # PKCS#12 that signs the PDF of certificates
    certificate_passphrase: str = ""
    now: datetime | None = None
    testing: bool = False

    def __repr__(self) -> str:
        return f"Config(env={self.env!r}, base_url={self.base_url!r})"

    @property
    def is_demo(self) -> bool:
        return self.env == "demo"

    @property
    def takes_transfers(self) -> bool:
        """Whether a buyer may pay by transfer: only where an account is named. In demo nothing is sent."""
        return self.is_demo or bool(self.bank_account)

    @property
    def is_secure(self) -> bool:
        """Whether the site is reached over HTTPS, so that cookies can demand it."""
        return self.base_url.startswith("https://")

    @property
    def takes_live_money(self) -> bool:
        return self.stripe_secret_key.startswith(("sk_live_", "rk_live_"))

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Self:
        """Read the variables of README's table. Raises BadConfiguration with every fault at once."""
        read = _Reading(os.environ if env is None else env)
        kind = read.one_of("PORTAL_ENV", ("demo", "production"))
        instance = Path(read.text("INSTANCE_DIR", str(ROOT / "instance"))).resolve()
        if kind == "production":
            database_url, secret, base_url, (seed, credential_seed) = _production(read, instance)
        else:
            database_url, secret, base_url, (seed, credential_seed) = _demonstration(read, instance)
        config = cls(
            env=kind,
            database_url=read.database(database_url),
            secret_keys=tuple(part.strip() for part in secret.split(",")),
            base_url=base_url.rstrip("/"),
            instance=instance,
            documents=Path(read.text("DOCUMENTS_DIR", str(instance / "documents"))).resolve(),
            checkpoint_seed=seed,
            checkpoint_old_seeds=read.seeds("CHECKPOINT_KEY")[1:],
            checkpoint_past_keys=read.list("CHECKPOINT_PAST_KEYS"),
            checkpoint_origin=f"{urlsplit(base_url).netloc}/log",
            credential_seed=credential_seed,
            credential_past_keys=read.multikeys("CREDENTIAL_PAST_KEYS"),
            certificate_key=read.file("CERTIFICATE_KEY"),
            certificate_passphrase=read.text("CERTIFICATE_PASSPHRASE"),
            site_name=Bilingual(
                read.text("SITE_NAME_ZH", "伊春森林碳汇平台"),
                read.text("SITE_NAME_EN", "Yichun Forest Carbon"),
            ),
            city_code=read.text("CITY_CODE", "230700"),
            default_lang=read.one_of("DEFAULT_LANG", LANGS),
            currency=read.one_of("CURRENCY", tuple(PLACES)),
            stripe_secret_key=read.text("STRIPE_SECRET_KEY"),
            stripe_webhook_secrets=tuple(filter(None, read.text("STRIPE_WEBHOOK_SECRET").split(","))),
            stripe_api_base=read.text("STRIPE_API_BASE"),
            smtp_url=read.text("SMTP_URL"),
            bank_account=read.text("BANK_ACCOUNT"),
            security_contact=read.contact("SECURITY_CONTACT"),
            seller=Seller(
                read.text("SELLER_NAME", DEMONSTRATION.name),
                read.text("SELLER_ADDRESS", DEMONSTRATION.address),
                read.text("SELLER_TAX_NUMBER", DEMONSTRATION.tax_number),
            ),
            limits_storage=read.text("REDIS_URL", "memory://"),
            scanner=read.socket("SCANNER"),
            replica_url=read.replica("DATABASE_REPLICA_URL", database_url),
            slow_query_ms=read.count("SLOW_QUERY_MS", "500"),
            slow_query_plan=read.one_of("SLOW_QUERY_PLAN", ("no", "yes")) == "yes",
            trusted_proxies=read.count("TRUSTED_PROXIES"),
            now=read.instant("PORTAL_NOW") if kind == "demo" else None,
        )
        if read.faults:
            raise BadConfiguration(read.faults)
        return config

    @classmethod
    def for_tests(cls, database_url: str, instance: Path, **changes: Any) -> Self:
        """A demo configuration with fixed keys that touches nothing outside ``instance``."""
        settings: dict[str, Any] = {
            "env": "demo",
            "database_url": database_url,
            "secret_keys": ("a test secret of more than thirty-two characters",),
            "base_url": "http://127.0.0.1:5000",
            "instance": instance,
            "documents": instance / "documents",
            "checkpoint_seed": bytes(32),
            "checkpoint_origin": "portal.test/log",
            "credential_seed": bytes(range(32)),
            "site_name": Bilingual("伊春森林碳汇平台", "Yichun Forest Carbon"),
            "testing": True,
        }
        return cls(**(settings | changes))


class _Reading:
    """The variables, and all that is wrong with them. A variable that is empty counts as missing."""

    def __init__(self, source: Mapping[str, str]) -> None:
        self.source = source
        self.faults: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self.source.get(name) or default

    def list(self, name: str) -> tuple[str, ...]:
        """What is separated by commas."""
        return tuple(part.strip() for part in self.text(name).split(",") if part.strip())

    def multikeys(self, name: str) -> tuple[str, ...]:
        """Public keys as ``publicKeyMultibase`` says them, separated by commas."""
        keys = self.list(name)
        if not all(MULTIKEY.fullmatch(key) for key in keys):
            self.faults.append(f"{name} must be public keys of /.well-known/did.json (z6Mk…, zDn…)")
        return keys

    def file(self, name: str) -> Path | None:
        if not self.text(name):
            return None
        path = Path(self.text(name)).resolve()
        if not path.is_file():
            self.faults.append(f"{name} names no file: {path}")
        return path

    def count(self, name: str, default: str = "0") -> int:
        """A number of at most five digits."""
        value = self.text(name, default)
        if not re.fullmatch(r"\d{1,5}", value, re.ASCII):
            self.faults.append(f"{name} is {value!r}; it is a number such as 1")
            return 0
        return int(value)

    def contact(self, name: str) -> str:
        value = self.text(name)
        if value and not value.startswith(("mailto:", "https://")):
            self.faults.append(f"{name} must begin with mailto: or https://")
        return value

    def socket(self, name: str) -> str:
        """Where another program listens on this machine or network."""
        value = self.text(name)
        if value and not re.fullmatch(r"/.+|[^/:]+:\d{1,5}", value, re.ASCII):
            self.faults.append(f"{name} is {value!r}; it is a path or a host and port, 127.0.0.1:3310")
        return value

    def need(self, name: str, why: str) -> str:
        if not self.text(name):
            self.faults.append(f"{name} is missing: {why}")
        return self.text(name)

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        """The first of ``allowed`` when nothing is said."""
        value = self.text(name, allowed[0])
        if value not in allowed:
            self.faults.append(f"{name} is {value!r}; it is {' or '.join(allowed)}")
        return value

    def database(self, url: str) -> str:
        """The URL with the driver that we use."""
        url = _with_driver(url)
        if url and not url.startswith((_POSTGRESQL, "sqlite:///")):
            self.faults.append("DATABASE_URL must begin with postgresql:// or sqlite:///")
        return url

    def replica(self, name: str, primary: str) -> str:
        """The URL of a second server that repeats what the first one is told."""
        url = _with_driver(self.text(name))
        if url and not (url.startswith(_POSTGRESQL) and _with_driver(primary).startswith(_POSTGRESQL)):
            self.faults.append(f"{name} must begin with postgresql://, and so must DATABASE_URL beside it")
        return url

    def instant(self, name: str) -> datetime | None:
        if not self.text(name):
            return None
        try:
            at = datetime.fromisoformat(self.text(name))
        except ValueError:
            self.faults.append(f"{name} is not an ISO 8601 instant, for example 2026-12-31T15:59:59Z")
            return None
        if at.tzinfo is None:
            self.faults.append(f"{name} needs a time zone, for example 2026-12-31T15:59:59Z")
        return at

    def seed(self, name: str) -> bytes:
        """32 bytes in base64, or a file that holds them; the first of several, none when nothing is said."""
        return next(iter(self.seeds(name)), b"")

    def seeds(self, name: str) -> tuple[bytes, ...]:
        """As ``seed``, all that are separated by commas."""
        return tuple(self._seed(name, value.strip()) for value in self.text(name).split(",") if value)

    def _seed(self, name: str, value: str) -> bytes:
        try:
            given = Path(value).read_text().strip() if Path(value).is_file() else value
            seed = base64.b64decode(given, validate=True)
        except (ValueError, OSError):
            seed = b""
        fault = f"{name} must be 32 bytes in base64, or a file that holds them"
        if len(seed) != 32 and fault not in self.faults:
            self.faults.append(fault)
        return seed


_POSTGRESQL = "postgresql+psycopg://"


def _with_driver(url: str) -> str:
    if url.startswith(("postgres://", "postgresql://")):
        return _POSTGRESQL + url.split("://", 1)[1]
    return url


def _production(read: _Reading, instance: Path) -> tuple[str, str, str, tuple[bytes, bytes]]:
    """Database, session keys, address, keys of log and credentials: the operator must give them all."""
    database_url = read.need("DATABASE_URL", "PostgreSQL, for example postgresql://portal@db/portal")
    secret = read.need("SECRET_KEY", "32 random bytes or more; several, newest first, separated by commas")
    base_url = read.need("BASE_URL", "the address people type, for example https://carbon.example.cn")
    read.need("CHECKPOINT_KEY", "Ed25519 seed, 32 bytes in base64, or a file with it")
    read.need("CREDENTIAL_KEY", "another Ed25519 seed, which signs credentials, in base64 or a file with it")
    read.need("SMTP_URL", "where letters are handed over, for example smtp://user:password@mail:587?tls=1")
    read.need("SELLER_NAME", "who sells, as the business licence has it; invoices name it")
    read.need("SELLER_ADDRESS", "the seller's registered address")
    read.need("SELLER_TAX_NUMBER", "the seller's unified social credit code")
    seeds = read.seed("CHECKPOINT_KEY"), read.seed("CREDENTIAL_KEY")
    made = tuple(file.read_text().strip() for file in (instance / "keys").glob("demo-*.key"))
    read.faults += [*_unsafe_places(read), *_unsafe_keys(read, secret, seeds, made), *_unsafe_switches(read)]
    return database_url, secret, base_url, seeds


def _unsafe_places(read: _Reading) -> Iterator[str]:
    """What is wrong with the addresses that a public site is reached at and reaches out to."""
    base, database, mail = (urlsplit(read.text(name)) for name in ("BASE_URL", "DATABASE_URL", "SMTP_URL"))
    if base.scheme and base.scheme != "https":
        yield "BASE_URL must begin with https:// in production"
    if base.path.strip("/") or base.query or base.fragment or base.username:
        yield "BASE_URL is the address alone: no path, no query, no name"
    if database.scheme == "sqlite" and read.text("SQLITE_IN_PRODUCTION") != "one small machine":
        yield "DATABASE_URL is SQLite: use PostgreSQL, or say SQLITE_IN_PRODUCTION='one small machine'"
    if database.password and database.password in (database.username, *_KNOWN_PASSWORDS):
        yield "DATABASE_URL has a password that everybody knows"
    if mail.scheme and mail.scheme != "smtp":
        yield "SMTP_URL must begin with smtp://; ?tls=1 at its end encrypts"
    if mail.password and "tls" not in parse_qs(mail.query):
        yield "SMTP_URL would send its password unencrypted: end it with ?tls=1"
    if read.text("STRIPE_API_BASE") and not read.text("STRIPE_API_BASE").startswith("https://"):
        yield "STRIPE_API_BASE must begin with https:// in production"


def _unsafe_keys(
    read: _Reading, secret: str, seeds: tuple[bytes, ...], made_for_demo: tuple[str, ...]
) -> Iterator[str]:
    """What is wrong with the keys: too short, known to others, or one for two purposes."""
    secrets_given = [part.strip() for part in secret.split(",")] if secret else []
    if any(len(part) < 32 for part in secrets_given):
        yield "SECRET_KEY is too short: give at least 32 characters for each"
    if any(len(set(part)) < 10 for part in secrets_given):
        yield "SECRET_KEY can be guessed: it repeats itself; take 32 random bytes"
    for name, seed in zip(("CHECKPOINT_KEY", "CREDENTIAL_KEY"), seeds, strict=True):
        if len(seed) == 32 and len({(after - before) % 256 for before, after in pairwise(seed)}) == 1:
            yield f"{name} can be guessed: take 32 random bytes"
    if seeds[0] and seeds[0] == seeds[1]:
        yield "CREDENTIAL_KEY is the CHECKPOINT_KEY: each signs with a key of its own"
    given = {*secrets_given, *(base64.b64encode(seed).decode() for seed in seeds if seed)}
    if given.intersection(made_for_demo):
        yield "A key was made for a demonstration on this machine: make new ones"


def _unsafe_switches(read: _Reading) -> Iterator[str]:
    """Settings of a demonstration or of somebody at work, and payments that nobody could vouch for."""
    if read.text("PORTAL_NOW"):
        yield "PORTAL_NOW moves the clock and is for demo only"
    if read.text("FLASK_DEBUG", "0") not in ("0", "false", "False"):
        yield "FLASK_DEBUG shows the insides of the portal to everybody: leave it out"
    if read.text("STRIPE_SECRET_KEY") and not read.text("STRIPE_WEBHOOK_SECRET"):
        yield "STRIPE_WEBHOOK_SECRET is missing although STRIPE_SECRET_KEY is set"
    if read.text("STRIPE_SECRET_KEY").startswith(("sk_test_", "rk_test_")) and not read.text("TEST_MONEY"):
        yield "STRIPE_SECRET_KEY takes test money only: say TEST_MONEY=yes if this site is for trying out"


def _demonstration(read: _Reading, instance: Path) -> tuple[str, str, str, tuple[bytes, bytes]]:
    """The same for a demonstration, where whatever is not given is made."""
    keys = _DemoKeys(instance / "keys")
    return (
        read.text("DATABASE_URL", f"sqlite:///{instance / 'portal.sqlite'}"),
        read.text("SECRET_KEY") or keys.text("session"),
        read.text("BASE_URL", f"http://127.0.0.1:{read.text('PORT', '5000')}"),
        (
            read.seed("CHECKPOINT_KEY") or keys.seed("checkpoint"),
            read.seed("CREDENTIAL_KEY") or keys.seed("credential"),
        ),
    )


@dataclass(frozen=True, slots=True)
class _DemoKeys:
    """Keys of a demonstration: made once, kept under ``instance/keys``, never used in production."""

    folder: Path

    def text(self, name: str) -> str:
        file = self.folder / f"demo-{name}.key"
        if not file.exists():
            self._make(file)
        return file.read_text()

    def seed(self, name: str) -> bytes:
        return base64.b64decode(self.text(name))

    def _make(self, file: Path) -> None:
        """Put in place whole, so that of several processes that start at once all read the same key."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_suffix(f".{secrets.token_hex(4)}")
        with open(draft, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as new:
            new.write(base64.b64encode(secrets.token_bytes(32)).decode())
        with suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
