"""What the transparency log says: one canonical JSON record per final fact, and never a personal name.

A record is ``{"v":1,"kind","id","at",…facts}`` in RFC 8785 canonical form (``rfc8785``), made of NFC
text, integers below 2^53, booleans, lists and objects. There is no null: what is not known is not
there. The facts of each kind are one dataclass; its annotations are both the check that runs
(``write``, ``read``) and the JSON Schema that is published (``schema_of``, kept in schemas/).
"""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from types import UnionType
from typing import Annotated, Any, ClassVar, Final, Union, get_args, get_origin, get_type_hints

from portal.kernel.canonical import canonical_bytes
from portal.kernel.errors import N_, InvalidInput

VERSION: Final = 1
LARGEST: Final = 2**53 - 1  # what every JSON reader holds exactly
SALT_BYTES: Final = 32
LONGEST_BODY: Final = 2**16 - 1  # bytes: what a bundle of C2SP tlog-tiles can hold
_ORGANISATION_AT_END: Final = re.compile(r"org_[0-7][0-9A-HJKMNP-TV-Z]{25}\Z")


class NotARecord(InvalidInput):
    """``why`` is for logs and auditors, in English."""

    message = N_("This is not a record of this log.")


# ── what a field may be ────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Text:
    """Text that fits the pattern as a whole. Patterns are such that no personal name fits one."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from ``low`` to 2^53 − 1."""

    low: int


Id = Annotated[str, Text(r"[a-z]{2,4}_[0-7][0-9A-HJKMNP-TV-Z]{25}")]
CODE: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
REFERENCE: Final = r"(?=.*[0-9])[^\s\u0000-\u001f]{1,300}"
Code = Annotated[str, Text(CODE)]
Reason = Annotated[str, Text(r"[a-z]+(_[a-z]+){0,5}")]
# A digit somewhere: serials and references have one, names of people do not. Forest carbon tickets
# are numbered in Chinese: 黑碳票字〔2024〕第0001号.
_SIGNS: Final = r"!-~\u3007\u3010\u3011\u3014\u3015\u3400-\u9fff\uff08\uff09"
SERIAL: Final = rf"(?=.*[0-9])[{_SIGNS}]([ {_SIGNS}]{{0,198}}[{_SIGNS}])?"
Serial = Annotated[str, Text(SERIAL)]
Reference = Annotated[str, Text(REFERENCE)]
Sha256 = Annotated[str, Text(r"[0-9a-f]{64}")]
At = Annotated[str, Text(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")]
Day = Annotated[str, Text(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")]
CertificateNumber = Annotated[str, Text(r"[0-9A-Z]{12}")]
CertificateType = Annotated[str, Text(r"C[0-5]")]
Grams = Annotated[int, Whole(1)]
Tonnes = Annotated[int, Whole(1)]
Count = Annotated[int, Whole(0)]


# ── the kinds ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ImportedSerial:
    serial: Serial
    tonnes: Tonnes
    retired: bool


@dataclass(frozen=True, slots=True)
class BatchImported:
    """One file of a source registry was taken over. A long one is logged in ``parts`` records."""

    kind: ClassVar[str] = "batch.imported"
    registry: Code
    file_sha256: Sha256
    serials: tuple[ImportedSerial, ...]
    part: Annotated[int, Whole(1)]
    parts: Annotated[int, Whole(1)]
    demo: bool


@dataclass(frozen=True, slots=True)
class LotSerial:
    serial: Serial
    tonnes: Tonnes


@dataclass(frozen=True, slots=True)
class LotOpened:
    """Whole tonnes were retired at their source; from here on their grams are attributed."""

    kind: ClassVar[str] = "lot.opened"
    lot: Code
    registry: Code
    project: Code
    project_type: Code
    vintage_start: Day
    vintage_end: Day
    serials: tuple[LotSerial, ...]
    retired_t: Tonnes
    retirement_reference: Reference
    retired_on: Day
    evidence_sha256: Sha256
    demo: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Grams ``first_g`` … ``last_g`` of a serial block: 1-based, inclusive."""

    lot: Code
    serial: Serial
    first_g: Grams
    last_g: Grams


@dataclass(frozen=True, slots=True)
class Attribution:
    """Grams of pool lots were attributed to one holder, for good."""

    kind: ClassVar[str] = "attribution"
    retirement: Id
    holder: Sha256
    grams: Grams
    ranges: tuple[Part, ...]
    test: bool
    purpose: Id | None = None


@dataclass(frozen=True, slots=True)
class NamedRetirement:
    """Whole tonnes were retired at the source registry in the holder's own name."""

    kind: ClassVar[str] = "retirement"
    retirement: Id
    holder: Sha256
    grams: Grams
    registry: Code
    serials: tuple[LotSerial, ...]
    retirement_reference: Reference
    retired_on: Day
    evidence_sha256: Sha256
    test: bool
    purpose: Id | None = None


@dataclass(frozen=True, slots=True)
class Reversal:
    """A claim was taken back. The grams stay retired and are nobody's claim any more."""

    kind: ClassVar[str] = "reversal"
    retirement: Id
    grams: Grams
    reason: Reason


@dataclass(frozen=True, slots=True)
class CertificateIssued:
    """A certificate was given out; ``payload_sha256`` hashes its canonical JSON, never its PDF.

    One of retired credits names its ``retirement`` and ``grams``, any other its ``subject``.
    """

    kind: ClassVar[str] = "certificate.issued"
    number: CertificateNumber
    type: CertificateType
    payload_sha256: Sha256
    test: bool
    retirement: Id | None = None
    grams: Grams | None = None
    subject: Id | None = None


@dataclass(frozen=True, slots=True)
class CertificateRevoked:
    """A certificate is no longer valid, and why."""

    kind: ClassVar[str] = "certificate.revoked"
    number: CertificateNumber
    reason: Reason
    replaced_by: CertificateNumber | None = None


@dataclass(frozen=True, slots=True)
class ProjectState:
    """A project took a step that one person proposed and another decided, by a public document."""

    kind: ClassVar[str] = "project.state"
    project: Code
    project_type: Code
    from_state: Reason
    to_state: Reason
    document_kind: Reason
    document_sha256: Sha256
    demo: bool
    verdict: Reason | None = None
    rules: Code | None = None
    rules_sha256: Sha256 | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """Land was entered for a project, or withdrawn; ``outline_sha256`` hashes its published GeoJSON."""

    kind: ClassVar[str] = "parcel"
    project: Code
    parcel: Code
    event: Reason
    county_code: Code
    tenure: Reason
    area_m2: Annotated[int, Whole(1)]
    outline_sha256: Sha256
    valid_from: Day
    valid_to: Day
    demo: bool


@dataclass(frozen=True, slots=True)
class MonitoringReported:
    """A project's monitoring report was kept: what may be issued for a period. Its JSON hashes to this."""

    kind: ClassVar[str] = "monitoring.report"
    project: Code
    number: Annotated[int, Whole(1)]
    report_sha256: Sha256
    method: Code
    period_start: Day
    period_end: Day
    net_g: Count
    buffer_g: Count
    issuable_g: Count
    demo: bool
    corrects: Annotated[int, Whole(1)] | None = None


UnitClass = Annotated[str, Text(r"ex_ante|ex_post")]


@dataclass(frozen=True, slots=True)
class SerialPart:
    """Grams ``first_g`` … ``last_g`` of a serial block: 1-based, inclusive."""

    serial: Serial
    first_g: Grams
    last_g: Grams


@dataclass(frozen=True, slots=True)
class UnitsIssued:
    """Units of our own were issued from a verification (expected ones from a validation)."""

    kind: ClassVar[str] = "issuance"
    issuance: Id
    verification: Id
    project: Code
    serial: Serial
    tonnes: Tonnes
    unit_class: UnitClass
    period_start: Day
    period_end: Day
    verified_g: Grams
    buffer_g: Count
    report_sha256: Sha256
    for_buffer: bool
    demo: bool


@dataclass(frozen=True, slots=True)
class UnitsTransferred:
    """Units went from one account to another, because their offer was accepted."""

    kind: ClassVar[str] = "transfer"
    transfer: Id
    sender: Id
    receiver: Id
    grams: Grams
    ranges: tuple[SerialPart, ...]


@dataclass(frozen=True, slots=True)
class UnitsCancelled:
    """Units are gone without covering anybody's emissions. ``case`` is the reversal that they pay for,
    ``issuance`` the verified units that expected ones became."""

    kind: ClassVar[str] = "cancellation"
    cancellation: Id
    account: Id
    grams: Grams
    ranges: tuple[SerialPart, ...]
    reason: Reason
    case: Id | None = None
    issuance: Id | None = None


@dataclass(frozen=True, slots=True)
class BufferReversal:
    """Carbon of a project went back into the air; ``grams`` are to be paid from its buffer."""

    kind: ClassVar[str] = "buffer.reversal"
    case: Id
    project: Code
    cause: Reason
    happened_on: Day
    report_sha256: Sha256
    grams: Count
    demo: bool


@dataclass(frozen=True, slots=True)
class Digest:
    """All balances as they stood, and seals of the ledger's rows, each as the root of a tree (RFC 6962).

    Leaves of ``balances_root``: canonical JSON ``{"account","grams","state"}``, by account and state.
    """

    kind: ClassVar[str] = "digest"
    digest: Id
    day: Day
    balances: Count
    balances_root: Sha256
    seals: Count
    seals_root: Sha256


@dataclass(frozen=True, slots=True)
class Correction:
    """The operator says that an earlier record is wrong. The record stays; ``evidence_sha256`` shows why."""

    kind: ClassVar[str] = "correction"
    record: Id
    reason: Reason
    evidence_sha256: Sha256


@dataclass(frozen=True, slots=True)
class WitnessChanged:
    """A witness joined or left: whose signatures count beside the log's own. ``key`` as verifiers read it."""

    kind: ClassVar[str] = "witness"
    key: Reference
    joined: bool


Facts = (
    BatchImported
    | LotOpened
    | Attribution
    | NamedRetirement
    | Reversal
    | CertificateIssued
    | CertificateRevoked
    | ProjectState
    | Parcel
    | MonitoringReported
    | UnitsIssued
    | UnitsTransferred
    | UnitsCancelled
    | BufferReversal
    | Digest
    | Correction
    | WitnessChanged
)
KINDS: Final[Mapping[str, type[Facts]]] = {kind.kind: kind for kind in get_args(Facts)}


@dataclass(frozen=True, slots=True)
class Record:
    id: str
    at: datetime
    facts: Facts


# ── writing and reading ────────────────────────────────────────────────────────────────────────


def write(record_id: str, at: datetime, facts: Facts) -> bytes:
    """The canonical bytes of a record. Raises NotARecord when a fact is not what its kind allows."""
    if at.tzinfo is None:
        raise ValueError("an instant is aware")
    record = {
        "v": VERSION,
        "kind": facts.kind,
        "id": record_id,
        "at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **_plain(facts),
    }
    _read_object(record)
    body = canonical(record)
    if len(body) > LONGEST_BODY:
        raise NotARecord(why="longer than a record may be")
    return body


def read(body: bytes) -> Record:
    """The record in ``body``. Raises NotARecord unless the bytes are exactly what ``write`` makes."""
    try:
        value = json.loads(body.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise NotARecord(why="not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise NotARecord(why="not an object")
    record = _read_object(value)
    if canonical(value) != body:
        raise NotARecord(why="not in canonical form")
    return record


def canonical(value: object) -> bytes:
    """RFC 8785 bytes. Raises NotARecord for null, fractions, numbers beyond 2^53 and text not in NFC."""
    _check_value(value)
    return canonical_bytes(value)


def holder_commitment(salt: bytes, name: str, organisation_id: str = "") -> str:
    """Hex SHA-256(salt ‖ NFC name ‖ organisation id): who, without saying who.

    Nobody can tell the name without the 32-byte salt, which lives in the holder's certificate and
    profile; erasing the salt erases the person while all proofs hold.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    name = unicodedata.normalize("NFC", name)
    # Joined without a separator, so a name must not be readable as a name with an organisation.
    if _ORGANISATION_AT_END.search(name):
        raise ValueError("a name does not end in an organisation's id")
    return sha256(salt + name.encode() + organisation_id.encode()).hexdigest()


def _plain(facts: Any) -> dict[str, Any]:
    """Facts as JSON objects and lists; what is None is left out."""
    plain: dict[str, Any] = {}
    kind: Any = type(facts)
    for name in _shapes(kind):
        value = getattr(facts, name)
        if isinstance(value, tuple):
            plain[name] = [_plain(item) for item in value]
        elif value is not None:
            plain[name] = value
    return plain


def _check_value(value: object) -> None:
    if isinstance(value, str):
        if not value.isascii() and not _is_nfc(value):
            raise NotARecord(why="text that is not NFC")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotARecord(why="a key that is not text")
            _check_value(key)
            _check_value(item)
    elif isinstance(value, list):
        for item in value:
            _check_value(item)
    elif not isinstance(value, bool) and (type(value) is not int or abs(value) > LARGEST):
        raise NotARecord(why="a value that is not text, a whole number below 2^53, true or false")


def _is_nfc(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text) and not any("\ud800" <= c <= "\udfff" for c in text)


def _read_object(value: dict[str, Any]) -> Record:
    facts = dict(value)
    version, kind = facts.pop("v", None), facts.pop("kind", None)
    if type(version) is not int or version != VERSION:
        raise NotARecord(why="another version")
    if not isinstance(kind, str) or kind not in KINDS:
        raise NotARecord(why="an unknown kind")
    record_id = _reader(Id)(facts.pop("id", None), "id")
    at = _reader(At)(facts.pop("at", None), "at")
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        raise NotARecord(why="“at” is not an instant") from None
    group: Any = KINDS[kind]
    return Record(record_id, instant, _reader(group)(facts, kind))


Reader = Callable[[Any, str], Any]


@cache
def _reader(shape: Any) -> Reader:
    """What reads a value as the annotation ``shape`` says, checked all the way down; made once."""
    if _is_group(shape):
        return _group_reader(shape)
    if get_origin(shape) is tuple:
        return _list_reader(_reader(get_args(shape)[0]))
    if shape is bool:
        return _read_bool
    rule = get_args(shape)[1]
    return _text_reader(rule) if isinstance(rule, Text) else _whole_reader(rule)


def _group_reader(group: Any) -> Reader:
    readers = {name: _reader(shape) for name, shape in _shapes(group).items()}
    required = _required(group)

    def read_group(value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise NotARecord(why=f"“{where}” is not an object")
        if not value.keys() <= readers.keys():
            raise NotARecord(why=f"“{where}” does not know “{min(value.keys() - readers.keys())[:40]}”")
        if not required <= value.keys():
            raise NotARecord(why=f"“{where}” lacks “{min(required - value.keys())}”")
        return group(**{name: readers[name](item, name) for name, item in value.items()})

    return read_group


def _list_reader(read_item: Reader) -> Reader:
    def read_list(value: Any, where: str) -> Any:
        if not isinstance(value, list) or not value:
            raise NotARecord(why=f"“{where}” is not a filled list")
        return tuple(read_item(item, where) for item in value)

    return read_list


def _read_bool(value: Any, where: str) -> bool:
    if type(value) is not bool:
        raise NotARecord(why=f"“{where}” is neither true nor false")
    return value


def _text_reader(rule: Text) -> Reader:
    fits = re.compile(rule.pattern).fullmatch

    def read_text(value: Any, where: str) -> Any:
        if type(value) is not str or not fits(value):
            raise NotARecord(why=f"“{where}” is not written as it must be")
        return value

    return read_text


def _whole_reader(rule: Whole) -> Reader:
    def read_whole(value: Any, where: str) -> Any:
        if type(value) is not int or not rule.low <= value <= LARGEST:
            raise NotARecord(why=f"“{where}” is not a whole number from {rule.low}")
        return value

    return read_whole


def _is_group(shape: Any) -> bool:
    return is_dataclass(shape)


@cache
def _shapes(group: Any) -> dict[str, Any]:
    hints = get_type_hints(group, include_extras=True)
    return {field.name: _without_none(hints[field.name]) for field in fields(group)}


def _without_none(shape: Any) -> Any:
    if get_origin(shape) in (Union, UnionType):
        return next(option for option in get_args(shape) if option is not type(None))
    return shape


@cache
def _required(group: Any) -> frozenset[str]:
    return frozenset(field.name for field in fields(group) if field.default is MISSING)


# ── the published schema ───────────────────────────────────────────────────────────────────────


def schema_of(kind: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of a kind's records. Raises KeyError for an unknown kind."""
    group = KINDS[kind]
    schema = _schema(group)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind,
        "description": (group.__doc__ or "").replace("``", ""),
        **schema,
        "properties": {
            "v": {"const": VERSION},
            "kind": {"const": kind},
            "id": _schema(Id),
            "at": _schema(At),
            **schema["properties"],
        },
        "required": ["v", "kind", "id", "at", *schema["required"]],
    }


def _schema(shape: Any) -> dict[str, Any]:
    if _is_group(shape):
        shapes = _shapes(shape)
        return {
            "type": "object",
            "properties": {name: _schema(inner) for name, inner in shapes.items()},
            "required": [name for name in shapes if name in _required(shape)],
            "additionalProperties": False,
        }
    if get_origin(shape) is tuple:
        return {"type": "array", "minItems": 1, "items": _schema(get_args(shape)[0])}
    if shape is bool:
        return {"type": "boolean"}
    rule = get_args(shape)[1]
    if isinstance(rule, Text):
        return {"type": "string", "pattern": f"^(?:{rule.pattern})$"}
    return {"type": "integer", "minimum": rule.low, "maximum": LARGEST}
