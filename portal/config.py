"""Configuration: read once from the environment, frozen, refused as a whole when something is missing or unsafe."""

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from portal.kernel.bilingual import Bilingual

ROOT = Path(__file__).resolve().parent.parent
LANGS = ("zh", "en")


class BadConfiguration(SystemExit):
    """The portal does not start. ``faults`` lists all that is missing or wrong, one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        lines = "\n".join(f"  - {fault}" for fault in faults)
        super().__init__(f"The portal cannot start with this configuration:\n{lines}")


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
    site_name: Bilingual
    city_code: str = "230700"
    default_lang: str = "zh"
    currency: str = "CNY"
    stripe_secret_key: str = ""
    stripe_webhook_secrets: tuple[str, ...] = ()
    stripe_api_base: str = ""
    smtp_url: str = ""
    limits_storage: str = "memory://"
    now: datetime | None = None
    testing: bool = False

    def __repr__(self) -> str:
        return f"Config(env={self.env!r}, base_url={self.base_url!r})"

    @property
    def is_demo(self) -> bool:
        return self.env == "demo"

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
        source = os.environ if env is None else env
        faults: list[str] = []
        kind = source.get("PORTAL_ENV", "demo")
        if kind not in ("demo", "production"):
            faults.append(f"PORTAL_ENV is {kind!r}; it is demo or production")
        instance = Path(source.get("INSTANCE_DIR", str(ROOT / "instance"))).resolve()
        is_demo = kind == "demo"

        def need(name: str, why: str) -> str:
            value = source.get(name, "")
            if not value:
                faults.append(f"{name} is missing: {why}")
            return value

        if is_demo:
            keys = _DemoKeys(instance / "keys")
            port = source.get("PORT", "5000")
            database_url = source.get("DATABASE_URL") or f"sqlite:///{instance / 'portal.sqlite'}"
            secret = source.get("SECRET_KEY") or keys.text("session")
            base_url = source.get("BASE_URL") or f"http://127.0.0.1:{port}"
            seed = (
                _seed(source["CHECKPOINT_KEY"], faults)
                if source.get("CHECKPOINT_KEY")
                else keys.seed("checkpoint")
            )
        else:
            database_url = need("DATABASE_URL", "PostgreSQL, for example postgresql://portal@db/portal")
            secret = need("SECRET_KEY", "32 random bytes or more; several, newest first, separated by commas")
            base_url = need("BASE_URL", "the address people type, for example https://carbon.example.cn")
            seed = _seed(
                need("CHECKPOINT_KEY", "Ed25519 seed, 32 bytes in base64, or a file with it"), faults
            )
            need("SMTP_URL", "where letters are handed over, for example smtp://user:password@mail:587?tls=1")
            if base_url and not base_url.startswith("https://"):
                faults.append("BASE_URL must begin with https:// in production")
            faults += [
                "SECRET_KEY is too short: give at least 32 characters"
                for part in secret.split(",")
                if secret and len(part) < 32
            ]
            if source.get("PORTAL_NOW"):
                faults.append("PORTAL_NOW moves the clock and is for demo only")
            if source.get("STRIPE_SECRET_KEY") and not source.get("STRIPE_WEBHOOK_SECRET"):
                faults.append("STRIPE_WEBHOOK_SECRET is missing although STRIPE_SECRET_KEY is set")
        if database_url.startswith(("postgres://", "postgresql://")):
            database_url = "postgresql+psycopg://" + database_url.split("://", 1)[1]
        elif database_url and not database_url.startswith(("postgresql+psycopg://", "sqlite:///")):
            faults.append("DATABASE_URL must begin with postgresql:// or sqlite:///")
        default_lang = source.get("DEFAULT_LANG", "zh")
        if default_lang not in LANGS:
            faults.append(f"DEFAULT_LANG is {default_lang!r}; it is zh or en")
        moved = None
        if is_demo and source.get("PORTAL_NOW"):
            try:
                moved = datetime.fromisoformat(source["PORTAL_NOW"])
                if moved.tzinfo is None:
                    faults.append("PORTAL_NOW needs a time zone, for example 2026-12-31T15:59:59Z")
            except ValueError:
                faults.append("PORTAL_NOW is not an ISO 8601 instant, for example 2026-12-31T15:59:59Z")
        if faults:
            raise BadConfiguration(faults)
        documents = Path(source.get("DOCUMENTS_DIR", str(instance / "documents"))).resolve()
        return cls(
            env=kind,
            database_url=database_url,
            secret_keys=tuple(secret.split(",")),
            base_url=base_url.rstrip("/"),
            instance=instance,
            documents=documents,
            checkpoint_seed=seed,
            checkpoint_origin=f"{urlsplit(base_url).netloc}/log",
            site_name=Bilingual(
                source.get("SITE_NAME_ZH", "伊春森林碳汇平台"),
                source.get("SITE_NAME_EN", "Yichun Forest Carbon"),
            ),
            city_code=source.get("CITY_CODE", "230700"),
            default_lang=default_lang,
            currency=source.get("CURRENCY", "CNY"),
            stripe_secret_key=source.get("STRIPE_SECRET_KEY", ""),
            stripe_webhook_secrets=tuple(filter(None, source.get("STRIPE_WEBHOOK_SECRET", "").split(","))),
            stripe_api_base=source.get("STRIPE_API_BASE", ""),
            smtp_url=source.get("SMTP_URL", ""),
            limits_storage=source.get("REDIS_URL") or "memory://",
            now=moved,
        )

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
            "site_name": Bilingual("伊春森林碳汇平台", "Yichun Forest Carbon"),
            "testing": True,
        }
        return cls(**(settings | changes))


@dataclass(frozen=True, slots=True)
class _DemoKeys:
    """Keys of a demonstration: made once, kept under ``instance/keys``, never used in production."""

    folder: Path

    def text(self, name: str) -> str:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self.folder / f"demo-{name}.key"
        try:
            with open(file, "x", opener=lambda p, flags: os.open(p, flags, 0o600)) as new:
                new.write(base64.b64encode(secrets.token_bytes(32)).decode())
        except FileExistsError:
            pass
        return file.read_text()

    def seed(self, name: str) -> bytes:
        return base64.b64decode(self.text(name))


def _seed(value: str, faults: list[str]) -> bytes:
    if not value:
        return b""
    path = Path(value)
    try:
        text = path.read_text().strip() if path.is_file() else value
        seed = base64.b64decode(text, validate=True)
    except (ValueError, OSError):
        seed = b""
    if len(seed) != 32:
        faults.append("CHECKPOINT_KEY must be 32 bytes in base64, or a file that holds them")
    return seed
