"""What the database refuses about certificates, whoever asks (ledger.md, I5 and I11)."""

from portal.certificates.rules.states import MOVES
from portal.guards import Guard, keeps, lawful, statements

_ENDED_OTHERWISE = " OR ".join(
    f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in ("reason", "replaced_by", "state_at")
)
_WRITTEN_OTHERWISE = " OR ".join(
    f"(NEW.{column} IS NOT NULL AND NEW.{column} IS DISTINCT FROM OLD.{column})"
    for column in ("name", "salt", "organisation_id", "purpose_title_zh", "purpose_title_en")
)

GUARDS = [
    keeps(
        "certificate", "id", "number", "key", "type", "retirement_id", "order_id", "payload",
        "payload_sha256", "mass_g", "removal_g", "avoidance_g", "unseparated_g", "is_public", "is_test",
        "lang", "issued_at",
    ),
    Guard("certificate", "DELETE", "certificate rows are never deleted"),
    Guard("certificate", "INSERT", "a certificate begins valid", "NEW.state <> 'valid'"),
    lawful("certificate", "state", MOVES),
    Guard("certificate", "UPDATE", "what ended a certificate is not rewritten",
          f"OLD.state IN ('revoked', 'replaced') AND ({_ENDED_OTHERWISE})"),
    keeps("certificate_holder", "certificate_id"),
    Guard("certificate_holder", "UPDATE", "a holder is kept or forgotten, not rewritten", _WRITTEN_OTHERWISE),
    Guard("certificate_holder", "DELETE", "certificate_holder rows are never deleted"),
    Guard("certificate_document", "UPDATE", "certificate_document rows are never edited"),
]  # fmt: skip

KIND_GUARDS = [
    Guard("certificate_holder", "UPDATE", "a trainer is kept or forgotten, not rewritten",
          "NEW.trainer IS NOT NULL AND NEW.trainer IS DISTINCT FROM OLD.trainer"),
]  # fmt: skip


def ddl(dialect: str) -> list[str]:
    """All statements for this database, for the migrations that make the tables."""
    return [
        *statements(dialect, GUARDS, room="certificates"),
        *statements(dialect, KIND_GUARDS, room="certificates_kinds"),
    ]
