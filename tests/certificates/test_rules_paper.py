"""The canonical text: adds up, names nobody, and shows every change."""

import json
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from portal.certificates.rules import paper
from portal.certificates.rules.claims import FactMissing, NothingToCertify
from portal.certificates.rules.paper import BadName, NotACertificateFile, RangesDoNotAddUp
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import Mass
from portal.registry.rules.ledger import ProjectType
from tests.factories.certificates import AVOIDING, NOW, PLANTING, facts, many_ranges


def written(*ranges, **changes) -> str:
    return paper.payload(
        facts(*ranges, **changes),
        certificate_id="crt_1",
        number="7K3MQ0RT5XWZ",
        holder="ab" * 32,
        issued_at=NOW,
    )


def test_the_text_is_canonical_and_names_nobody():
    text = written(holder_name="李明")
    content = json.loads(text)
    assert text == json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert "李明" not in text
    assert content["holder"] == "ab" * 32
    assert content["says"] == {
        "zh": "已代{holder}注销经核证的碳信用 250 kg CO₂e（清除）",
        "en": "250 kg CO₂e (removal) in verified carbon credits, retired on behalf of {holder}",
    }


def test_one_hundred_tonnes_are_not_shown_as_one():
    assert "100,000 kg CO₂e" in json.loads(written(replace(PLANTING, last_g=100_000_000)))["says"]["en"]


def test_amounts_are_rounded_down_and_ranges_keep_every_gram():
    content = json.loads(written(replace(PLANTING, last_g=1_999)))
    assert "1 kg CO₂e" in content["says"]["en"]
    assert content["mass_g"] == 1_999
    assert content["ranges"][0]["last_g"] == 1_999


def test_an_order_that_spills_into_a_second_project_loses_no_range():
    content = json.loads(written(*many_ranges(59), AVOIDING))
    assert len(content["ranges"]) == 60
    assert content["effects_g"] == {"removal": 59 * 17_500, "avoidance": 250_000}
    assert paper.ranges_of(content) == (*many_ranges(59), AVOIDING)
    assert [source.lot.project_code for source in paper.sources(paper.ranges_of(content))] == [
        "HLYC-0001",
        "VCS-513",
    ]


def test_ranges_that_do_not_add_up_are_refused():
    with pytest.raises(RangesDoNotAddUp):
        written(mass=Mass.kg("1000"))
    with pytest.raises(RangesDoNotAddUp):
        written(replace(PLANTING, first_g=0, last_g=249_999))


def test_nothing_and_what_is_not_sold_here_cannot_be_certified():
    with pytest.raises(NothingToCertify):
        paper.payload(
            replace(facts(), ranges=(), mass=Mass(0)),
            certificate_id="c",
            number="n",
            holder="h",
            issued_at=NOW,
        )
    with pytest.raises(NothingToCertify):
        written(replace(PLANTING, project_type=ProjectType.OTHER))


@pytest.mark.parametrize("missing", ["serial", "registry", "retirement_reference"])
def test_what_must_be_said_must_be_known(missing: str):
    with pytest.raises(FactMissing):
        written(replace(PLANTING, **{missing: ""}))


@pytest.mark.parametrize("name", ["", "   ", "李" * 201, "W" * 200_000, "two\nlines", "nul\0", "x\u202egnp"])
def test_a_name_is_one_printable_line_of_at_most_200_characters(name: str):
    with pytest.raises(BadName):
        written(holder_name=name)


def test_text_is_kept_in_one_spelling():
    loose = unicodedata.normalize("NFD", "Café de la forêt")
    content = json.loads(written(replace(PLANTING, project_name=Bilingual("", loose))))
    assert content["ranges"][0]["project_name"]["en"] == "Café de la forêt"


def test_an_edited_text_no_longer_fits_its_hash():
    text = written()
    sha256 = paper.digest(text)
    assert paper.is_intact(text, sha256)
    assert not paper.is_intact(text.replace('"mass_g":250000', '"mass_g":350000'), sha256)


def test_a_forger_who_mends_the_hash_still_has_ranges_that_do_not_add_up():
    forged = written().replace('"mass_g":250000', '"mass_g":350000')
    assert not paper.is_intact(forged, paper.digest(forged))


def test_the_fields_that_were_altered_are_named():
    text = written()
    content = json.loads(text)
    assert paper.differences(content, text) == []
    content["mass_g"] += 1
    content["extra"] = True
    del content["test"]
    assert paper.differences(content, text) == ["extra", "mass_g", "test"]


@pytest.mark.parametrize(
    "raw", [b"", b"%PDF-1.7", b"[]", b'{"a":1}', b'{"number":1}', b"\xff\xfe", b"[" * 100_000]
)
def test_what_is_no_certificate_file_is_refused(raw: bytes):
    with pytest.raises(NotACertificateFile):
        paper.read_file(raw)


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (date(2024, 1, 1), date(2024, 12, 31), "2024"),
        (date(2022, 1, 1), date(2024, 12, 31), "2022–2024"),
        (date(2018, 3, 1), date(2018, 12, 31), "2018-03-01 – 2018-12-31"),
    ],
)
def test_a_vintage_is_shown_as_exactly_as_it_is_known(start: date, end: date, shown: str):
    assert paper.vintage(replace(PLANTING, vintage_start=start, vintage_end=end)) == shown


def test_instants_are_written_in_utc():
    assert (
        json.loads(written(retired_at=datetime(2026, 12, 31, 16, 0, tzinfo=UTC)))["retired_at"]
        == "2026-12-31T16:00:00Z"
    )
