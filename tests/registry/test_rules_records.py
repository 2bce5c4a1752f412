"""Records: canonical, strict, described by the schema that is published, and without any name."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from portal.registry.rules import records
from portal.registry.rules.records import NotARecord, Record

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
REC = "rec_01JCZ0000000000000000000AA"
RET = "ret_01JCZ0000000000000000000AB"
HASH = sha256(b"x").hexdigest()
SERIAL = "19298-935996536-935996539-VCS-VCU-1491-VER-BR-1-513-01012018-31122018-0"

EXAMPLES: dict[str, records.Facts] = {
    "batch.imported": records.BatchImported(
        "verra", HASH, (records.ImportedSerial(SERIAL, 4, False),), part=1, parts=1, demo=True
    ),
    "lot.opened": records.LotOpened(
        lot="LOT-0001",
        registry="verra",
        project="VCS-513",
        project_type="ARR",
        vintage_start="2018-01-01",
        vintage_end="2018-12-31",
        serials=(records.LotSerial(SERIAL, 4),),
        retired_t=4,
        retirement_reference="DEMO-2026-0001",
        retired_on="2026-11-01",
        evidence_sha256=HASH,
        demo=True,
    ),
    "attribution": records.Attribution(
        RET, HASH, 250_000, (records.Part("LOT-0001", SERIAL, 1, 250_000),), test=True, purpose=RET
    ),
    "retirement": records.NamedRetirement(
        RET,
        HASH,
        4_000_000,
        "verra",
        (records.LotSerial(SERIAL, 4),),
        "VR-2026-77",
        "2026-11-01",
        HASH,
        False,
    ),
    "reversal": records.Reversal(RET, 250_000, "refunded"),
    "certificate.issued": records.CertificateIssued("0123456789AB", "C3", HASH, False, RET, 250_000),
    "certificate.revoked": records.CertificateRevoked("0123456789AB", "refunded"),
    "project.state": records.ProjectState(
        project="HLYC-0001",
        project_type="ARR",
        from_state="validation",
        to_state="registered",
        document_kind="validation_report",
        document_sha256=HASH,
        demo=True,
        verdict="eligible",
        rules="arr-1",
        rules_sha256=HASH,
    ),
    "parcel": records.Parcel(
        project="HLYC-0001",
        parcel="P001",
        event="entered",
        county_code="230700",
        tenure="state",
        area_m2=8_345,
        outline_sha256=HASH,
        valid_from="2024-01-01",
        valid_to="2043-12-31",
        demo=True,
    ),
    "monitoring.report": records.MonitoringReported(
        "HLYC-0001", 1, HASH, "CCER-14-001-V01", "2020-09-01", "2025-09-01", 900, 90, 810, False
    ),
    "issuance": records.UnitsIssued(
        issuance=RET,
        verification=RET,
        project="HLYC-0001",
        serial="HLYC-0001-ARR-2024-1-1-1200",
        tonnes=1_200,
        unit_class="ex_post",
        period_start="2020-01-01",
        period_end="2024-12-31",
        verified_g=1_500_000_000,
        buffer_g=225_000_000,
        report_sha256=HASH,
        for_buffer=False,
        demo=True,
    ),
    "transfer": records.UnitsTransferred(
        RET, RET, RET, 1_000_000, (records.SerialPart("HLYC-0001-ARR-2024-1-1-1200", 1, 1_000_000),)
    ),
    "cancellation": records.UnitsCancelled(
        RET, RET, 1_000_000, (records.SerialPart("HLYC-0001-ARR-2024-1-1-1200", 1, 1_000_000),), "voluntary"
    ),
    "buffer.reversal": records.BufferReversal(
        RET, "HLYC-0001", "fire", "2026-05-01", HASH, 30_000_000, demo=True
    ),
    "digest": records.Digest("dig_01JCZ0000000000000000000AC", "2026-11-22", 3, HASH, 17, HASH),
    "correction": records.Correction(REC, "wrong_vintage", HASH),
    "witness": records.WitnessChanged("witness.example+0f3a9c1d+BAAA", joined=True),
}


def test_there_is_an_example_and_a_published_schema_of_every_kind() -> None:
    assert set(EXAMPLES) == set(records.KINDS)
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(records.KINDS)


SCHEMAS = Path(records.__file__).parent / "schemas"


@pytest.mark.parametrize("kind", records.KINDS)
def test_what_is_written_reads_back_and_fits_the_published_schema(kind: str) -> None:
    body = records.write(REC, AT, EXAMPLES[kind])
    assert records.read(body) == Record(REC, AT, EXAMPLES[kind])
    published = json.loads((SCHEMAS / f"{kind}.json").read_text("utf-8"))
    assert published == records.schema_of(kind), "records.schema_of changed: write it out again"
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.validate(json.loads(body), published)


def test_the_head_of_a_record_is_what_the_interface_promises() -> None:
    record = json.loads(records.write(REC, AT.astimezone(timezone(timedelta(hours=8))), EXAMPLES["reversal"]))
    assert record == {
        "v": 1,
        "kind": "reversal",
        "id": REC,
        "at": "2026-11-22T08:30:00Z",
        "retirement": RET,
        "grams": 250_000,
        "reason": "refunded",
    }


# ── strictness: each way of being wrong is refused by the check and by the schema ──────────────

NAMES = ["张三", "Jane Doe", "Åsa Öberg", "李 明", "Jane\u00a0Doe"]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    found = [path] if path else []
    if isinstance(value, dict):
        items: list[tuple[Any, Any]] = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        items = []
    return found + [place for key, item in items for place in places(item, (*path, key))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    result = json.loads(json.dumps(value))
    target = result
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = new
    return result


def is_refused(value: Any, kind: str) -> bool:
    try:
        records.read(rfc8785.dumps(value))
    except NotARecord:
        by_check = True
    else:
        by_check = False
    by_schema = not jsonschema.Draft202012Validator(records.schema_of(kind)).is_valid(value)
    assert by_check == by_schema, "the check and the schema agree"
    return by_check


WRONG = [None, 1.5, -1, 2**53 - 1 + 0.5, [], {}, "", "a b", "\u0000", {"x": 1}, [1], *NAMES]


@pytest.mark.parametrize("kind", records.KINDS)
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_no_place_of_a_record_takes_a_wrong_value_or_a_persons_name(kind: str, wrong: Any) -> None:
    good = json.loads(records.write(REC, AT, EXAMPLES[kind]))
    assert not is_refused(good, kind)
    for place in places(good):
        assert is_refused(changed(good, place, wrong), kind), place


@pytest.mark.parametrize("kind", records.KINDS)
def test_a_further_or_a_missing_field_is_refused(kind: str) -> None:
    good = json.loads(records.write(REC, AT, EXAMPLES[kind]))
    assert is_refused({**good, "name": "x1"}, kind)
    optional = {"purpose", "replaced_by", "verdict", "rules", "rules_sha256"} | (
        {"retirement", "grams"} if kind == "certificate.issued" else set()
    )
    for field in good:
        without = {key: value for key, value in good.items() if key != field}
        assert is_refused(without, kind) is (field not in optional), field


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b'{"v":1}',
        b'{"v":1,"v":1}',
        b'{"at":"2026-02-30T00:00:00Z","grams":1,"id":"rec_01JCZ0000000000000000000AA","kind":"reversal",'
        b'"reason":"refunded","retirement":"ret_01JCZ0000000000000000000AB","v":1}',
        b"[" * 100_000,
        records.write(REC, AT, EXAMPLES["reversal"]) + b"\n",
        b" " + records.write(REC, AT, EXAMPLES["reversal"]),
        records.write(REC, AT, EXAMPLES["reversal"]).replace(b'"v":1', b'"v":true'),
        records.write(REC, AT, EXAMPLES["reversal"]).replace(b'"v":1', b'"v":1.0'),
        records.write(REC, AT, EXAMPLES["reversal"]).replace(b'"v":1', b'"v":1,"v":1'),
        records.write(REC, AT, EXAMPLES["reversal"]).replace(b"refunded", b"\\u0072efunded"),
    ],
    ids=lambda body: repr(body[:30]),
)
def test_bytes_that_are_not_exactly_a_record_are_refused_by_name(body: bytes) -> None:
    with pytest.raises(NotARecord):
        records.read(body)


@pytest.mark.parametrize("grams", [0, -1, True, 2**53, 1.0, "1"])
def test_grams_are_whole_and_exact(grams: Any) -> None:
    with pytest.raises(NotARecord):
        records.write(REC, AT, replace(EXAMPLES["reversal"], grams=grams))  # type: ignore[arg-type]


def test_a_naive_instant_is_a_bug() -> None:
    with pytest.raises(ValueError, match="aware"):
        records.write(REC, AT.replace(tzinfo=None), EXAMPLES["reversal"])


# ── canonical form ─────────────────────────────────────────────────────────────────────────────

nfc = st.text(st.characters(exclude_categories=["Cs"])).map(
    lambda t: __import__("unicodedata").normalize("NFC", t)
)
plain = st.recursive(
    st.one_of(nfc, st.booleans(), st.integers(-records.LARGEST, records.LARGEST)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(nfc, inner, max_size=4)),
    max_leaves=12,
)


@given(plain)
def test_canonical_bytes_read_back_and_are_the_same_whatever_the_order(value: Any) -> None:
    body = records.canonical(value)
    again = json.loads(body)
    assert again == value
    turned = dict(reversed(list(value.items()))) if isinstance(value, dict) else value
    assert records.canonical(turned) == body


@pytest.mark.parametrize(
    "value",
    [
        None,
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        "e\u0301",
        "\ud800",
        {"e\u0301": 1},
        {1: 1},
        [None],
        b"x",
        (1,),
    ],
    ids=repr,
)
def test_what_two_readers_could_read_differently_is_not_canonical(value: Any) -> None:
    with pytest.raises(NotARecord):
        records.canonical(value)


# ── who, without saying who ────────────────────────────────────────────────────────────────────

SALT = bytes(range(32))
ORG = "org_01JCZ0000000000000000000AC"


def test_the_commitment_is_the_hash_the_design_names() -> None:
    expected = sha256(SALT + "张三".encode() + ORG.encode()).hexdigest()
    assert records.holder_commitment(SALT, "张三", ORG) == expected


def test_the_same_name_typed_on_another_keyboard_is_the_same_holder() -> None:
    assert records.holder_commitment(SALT, "Åsa") == records.holder_commitment(SALT, "A\u030asa")


def test_without_the_salt_the_name_cannot_be_tried() -> None:
    assert records.holder_commitment(SALT, "张三") != records.holder_commitment(bytes(32), "张三")
    with pytest.raises(ValueError, match="32 bytes"):
        records.holder_commitment(b"short", "张三")


def test_a_name_cannot_pose_as_a_name_with_an_organisation() -> None:
    with pytest.raises(ValueError, match="organisation"):
        records.holder_commitment(SALT, f"张三{ORG}")
