"""The operator's choices: read once, refused as a whole, never shown."""

import base64
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from portal.config import BadConfiguration, Config

SEED, OTHER_SEED = (base64.b64encode(sha256(name).digest()).decode() for name in (b"log", b"credentials"))
NEW, OLD = (sha256(name).hexdigest() for name in (b"this year", b"last year"))
PRODUCTION = {
    "PORTAL_ENV": "production",
    "DATABASE_URL": "postgresql://portal:db-secret@db/portal",
    "SECRET_KEY": "the session secret of this year (2026),the session secret of last year (2025)",
    "BASE_URL": "https://carbon.example.cn/",
    "CHECKPOINT_KEY": SEED,
    "CREDENTIAL_KEY": OTHER_SEED,
    "SMTP_URL": "smtp://user:mail-secret@mail:587?tls=1",
    "SELLER_NAME": "伊春示范碳汇有限公司",
    "SELLER_ADDRESS": "黑龙江省伊春市示范路 1 号",
    "SELLER_TAX_NUMBER": "91110000600037341L",
    "STRIPE_SECRET_KEY": "sk_live_secret",
    "STRIPE_WEBHOOK_SECRET": "whsec_new,whsec_old",
}


def faults_of(env: dict[str, str]) -> list[str]:
    with pytest.raises(BadConfiguration) as refusal:
        Config.from_env(env)
    assert all(fault in str(refusal.value) for fault in refusal.value.faults)
    return refusal.value.faults


def test_production_starts_with_all_it_needs(tmp_path: Path):
    config = Config.from_env(PRODUCTION | {"INSTANCE_DIR": str(tmp_path)})
    assert not config.is_demo
    assert config.is_secure
    assert config.database_url == "postgresql+psycopg://portal:db-secret@db/portal"
    assert config.base_url == "https://carbon.example.cn"
    assert config.checkpoint_origin == "carbon.example.cn/log"
    assert config.checkpoint_seed == sha256(b"log").digest()
    assert config.stripe_webhook_secrets == ("whsec_new", "whsec_old")
    assert list(tmp_path.iterdir()) == [], "production makes no keys of its own"


def test_several_secrets_are_given_newest_first():
    config = Config.from_env(PRODUCTION | {"SECRET_KEY": f"{NEW}, {OLD}"})
    assert config.secret_keys == (NEW, OLD)


NEEDED = [
    "DATABASE_URL", "SECRET_KEY", "BASE_URL", "CHECKPOINT_KEY", "CREDENTIAL_KEY", "SMTP_URL",
    "SELLER_NAME", "SELLER_ADDRESS", "SELLER_TAX_NUMBER",
]  # fmt: skip


def test_a_bare_production_is_refused_with_one_list():
    said = faults_of({"PORTAL_ENV": "production"})
    assert [fault.split()[0] for fault in said] == NEEDED


@pytest.mark.parametrize("name", NEEDED)
def test_an_empty_variable_is_a_missing_one(name: str):
    assert [fault.split()[0] for fault in faults_of(PRODUCTION | {name: ""})] == [name]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"PORTAL_ENV": "prod"}, "PORTAL_ENV is 'prod'"),
        ({"BASE_URL": "http://carbon.example.cn"}, "https://"),
        ({"SECRET_KEY": "short-but-varied"}, "too short"),
        ({"SECRET_KEY": NEW + ",short-but-varied"}, "too short"),
        ({"SECRET_KEY": "x" * 40}, "SECRET_KEY can be guessed"),
        ({"SECRET_KEY": f"{NEW},{'ab' * 20}"}, "SECRET_KEY can be guessed"),
        ({"CHECKPOINT_KEY": base64.b64encode(bytes(32)).decode()}, "CHECKPOINT_KEY can be guessed"),
        ({"CREDENTIAL_KEY": base64.b64encode(bytes(range(32))).decode()}, "CREDENTIAL_KEY can be guessed"),
        ({"CREDENTIAL_KEY": SEED}, "CREDENTIAL_KEY is the CHECKPOINT_KEY"),
        ({"BASE_URL": "https://carbon.example.cn/portal"}, "the address alone"),
        ({"BASE_URL": "https://someone@carbon.example.cn"}, "the address alone"),
        ({"DATABASE_URL": "sqlite:////srv/portal.sqlite"}, "SQLITE_IN_PRODUCTION"),
        ({"DATABASE_URL": "sqlite:////srv/portal.sqlite", "SQLITE_IN_PRODUCTION": "1"}, "one small machine"),
        ({"DATABASE_URL": "postgresql://portal:portal@db/portal"}, "everybody knows"),
        ({"DATABASE_URL": "postgresql://portal:changeme@db/portal"}, "everybody knows"),
        ({"SMTP_URL": "smtp://user:mail-secret@mail:587"}, "unencrypted"),
        ({"SMTP_URL": "https://mail"}, "smtp://"),
        ({"STRIPE_API_BASE": "http://127.0.0.1:12111"}, "STRIPE_API_BASE"),
        ({"STRIPE_SECRET_KEY": "sk_test_x"}, "TEST_MONEY"),
        ({"STRIPE_SECRET_KEY": "rk_test_x"}, "TEST_MONEY"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        ({"CHECKPOINT_KEY": "bm90IGEgc2VlZA=="}, "32 bytes"),
        ({"CHECKPOINT_KEY": "/nowhere/key"}, "32 bytes"),
        ({"CREDENTIAL_KEY": "bm90IGEgc2VlZA=="}, "CREDENTIAL_KEY must be 32 bytes"),
        ({"CREDENTIAL_PAST_KEYS": "z6Mknot-a-key"}, "CREDENTIAL_PAST_KEYS must be public keys"),
        ({"CERTIFICATE_KEY": "/nowhere/key.p12"}, "CERTIFICATE_KEY names no file"),
        ({"DATABASE_URL": "mysql://db/portal"}, "postgresql:// or sqlite:///"),
        ({"PORTAL_NOW": "2026-01-01T00:00:00Z"}, "demo only"),
        ({"STRIPE_WEBHOOK_SECRET": ""}, "STRIPE_WEBHOOK_SECRET is missing"),
        ({"DEFAULT_LANG": "fr"}, "zh or en"),
        ({"CURRENCY": "XXX"}, "CURRENCY is 'XXX'"),
    ],
)
def test_what_is_unsafe_or_wrong_is_said(change: dict[str, str], said: str, tmp_path: Path):
    (fault,) = faults_of(PRODUCTION | {"INSTANCE_DIR": str(tmp_path)} | change)
    assert said in fault


def test_several_faults_are_said_together():
    wrong = {"BASE_URL": "http://x", "SECRET_KEY": "short-but-varied", "DEFAULT_LANG": "fr"}
    assert len(faults_of(PRODUCTION | wrong)) == 3


def test_what_is_allowed_by_name_starts():
    """The controls of the table above: the same site, with the word that allows it."""
    small = {"DATABASE_URL": "sqlite:////srv/portal.sqlite", "SQLITE_IN_PRODUCTION": "one small machine"}
    assert Config.from_env(PRODUCTION | small).database_url.startswith("sqlite:")
    trying = {"STRIPE_SECRET_KEY": "sk_test_x", "TEST_MONEY": "yes"}
    assert not Config.from_env(PRODUCTION | trying).takes_live_money
    assert Config.from_env(PRODUCTION | {"FLASK_DEBUG": "0", "SMTP_URL": "smtp://mail:25"})


def test_a_key_of_a_demonstration_opens_no_production(tmp_path: Path):
    Config.from_env({"INSTANCE_DIR": str(tmp_path)})
    for name, file in (("SECRET_KEY", "session"), ("CHECKPOINT_KEY", "checkpoint")):
        taken = {name: (tmp_path / "keys" / f"demo-{file}.key").read_text()}
        (fault,) = faults_of(PRODUCTION | {"INSTANCE_DIR": str(tmp_path)} | taken)
        assert "demonstration" in fault


def test_no_secret_is_shown():
    config = Config.from_env(PRODUCTION)
    for secret in ("secret", "whsec", SEED, "\\x01"):
        assert secret not in repr(config)
        assert secret not in str(config)
    shown = str(BadConfiguration(faults_of(PRODUCTION | {"CHECKPOINT_KEY": "c2VjcmV0", "BASE_URL": ""})))
    assert "c2VjcmV0" not in shown


def test_live_money_is_recognised():
    assert Config.from_env(PRODUCTION | {"STRIPE_SECRET_KEY": "sk_live_x"}).takes_live_money
    assert Config.from_env(PRODUCTION | {"STRIPE_SECRET_KEY": "rk_live_x"}).takes_live_money


# --- a demonstration needs nothing


def test_a_demonstration_starts_with_nothing(tmp_path: Path):
    config = Config.from_env({"INSTANCE_DIR": str(tmp_path), "PORT": "5001"})
    assert config.is_demo
    assert config.base_url == "http://127.0.0.1:5001"
    assert config.database_url == f"sqlite:///{tmp_path}/portal.sqlite"
    assert (config.default_lang, config.currency) == ("zh", "CNY")


def test_a_demonstration_keeps_the_keys_it_made(tmp_path: Path):
    one, other = (Config.from_env({"INSTANCE_DIR": str(tmp_path)}) for _ in range(2))
    assert one.secret_keys == other.secret_keys
    assert one.checkpoint_seed == other.checkpoint_seed
    files = sorted((tmp_path / "keys").iterdir())
    assert [file.name for file in files] == ["demo-checkpoint.key", "demo-credential.key", "demo-session.key"]
    assert all(file.stat().st_mode & 0o077 == 0 for file in files), "others may read the keys"


def test_two_demonstrations_have_different_keys(tmp_path: Path):
    one, other = (Config.from_env({"INSTANCE_DIR": str(tmp_path / name)}) for name in "ab")
    assert one.secret_keys != other.secret_keys
    assert one.checkpoint_seed != other.checkpoint_seed


def test_a_demonstration_may_have_its_own_time(tmp_path: Path):
    env = {"INSTANCE_DIR": str(tmp_path)}
    config = Config.from_env(env | {"PORTAL_NOW": "2026-12-31T15:59:59Z"})
    assert config.now == datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)
    for text, said in [("2026-12-31T15:59:59", "time zone"), ("tomorrow", "ISO 8601")]:
        (fault,) = faults_of(env | {"PORTAL_NOW": text})
        assert said in fault
