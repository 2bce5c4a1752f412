"""Serials: read exactly, written back verbatim, found from any part of them."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.errors import InvalidInput
from portal.registry.rules import serials
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.serials import Part, Serial, Wanted

VERRA = "19298-935996536-935996539-VCS-VCU-1491-VER-BR-1-513-01012018-31122018-0"
OWN = "HLYC-0001-ARR-2024-1-1-1200"


def test_the_example_of_verra() -> None:
    serial = serials.parse("verra", VERRA)
    assert serial == Serial(
        "verra", VERRA, "VCS", 935_996_536, 935_996_539, "513", date(2018, 1, 1), date(2018, 12, 31), "BR"
    )
    assert serial.count == 4
    assert serial.grams == 4_000_000


def test_our_own() -> None:
    serial = serials.own_serial("0001", ProjectType.ARR, 2024, 1, 1, 1200)
    assert serial.text == OWN
    assert serials.parse("HLYC", OWN) == serial
    assert (serial.group, serial.count, serial.type) == ("HLYC-0001-ARR-2024-1", 1200, ProjectType.ARR)
    assert serials.own_serial("0002", ProjectType.REDD, 2024, 3, 1, 2).text == "HLYC-0002-RED-2024-3-1-2"


@given(
    st.from_regex(r"[0-9A-Z]{4,12}", fullmatch=True).filter(str.isascii),
    st.sampled_from([ProjectType.ARR, ProjectType.IFM, ProjectType.REDD]),
    st.integers(1, 9999),
    st.integers(1, 999_999),
    st.integers(1, 10**11),
    st.integers(0, 10**6),
)
def test_what_we_write_we_read(
    project: str, type: ProjectType, vintage: int, batch: int, first: int, more: int
) -> None:
    serial = serials.own_serial(project, type, vintage, batch, first, first + more)
    assert serials.parse_any(serial.text) == serial
    part = Part(serial, 1, serial.grams)
    assert serials.read_part(part.text) == part


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        VERRA[:-2],
        VERRA + "-1",
        " " + VERRA + "x",
        VERRA.replace("VCS", "VCX"),
        VERRA.replace("935996539", "NaN"),
        "HLYC-0001-ARR-2024-1-NaN-undefined",
        "HLYC-0001-ARR-2024-0-1-2",
        "HLYC-0001-ARR-2024-1-0-2",
        "HLYC-0001-ARR-2024-1-01-2",
        "HLYC-0001-ARR-2024-1--1-2",
        "HLYC-0001-XXX-2024-1-1-2",
        "HLYC-0001-ARR-0000-1-1-2",
        OWN + "\n",
        VERRA + "\x00",
        VERRA.replace("01012018", "31022018"),
        VERRA.replace("01012018", "01012019"),
        VERRA.replace("935996539", "935996535"),
        "9" * 5000,
    ],
)
def test_what_is_not_a_serial_is_refused_by_name(text: str) -> None:
    for registry in serials.GRAMMARS:
        with pytest.raises(InvalidInput):
            serials.parse(registry, text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (VERRA.replace("935996539", "935996535"), serials.SwappedEnds),
        (VERRA.replace("01012018", "31022018"), serials.ImpossibleVintage),
        (VERRA.replace("01012018", "01012019"), serials.ImpossibleVintage),
        (VERRA.replace("-", "–"), serials.OddCharacters),
        (VERRA.replace("935996536", "９３５９９６５３６"), serials.OddCharacters),
        (f'="{VERRA}"', serials.OddCharacters),
        (f" {VERRA}", serials.OddCharacters),
        ("nonsense", serials.NotASerial),
    ],
)
def test_the_refusal_says_what_is_wrong(text: str, error: type[InvalidInput]) -> None:
    with pytest.raises(error):
        serials.parse("verra", text)


@given(st.text(max_size=80) | st.text(alphabet="0123456789-/gHLYCARVSUED \n", max_size=80))
def test_any_text_is_a_serial_or_refused_by_name(text: str) -> None:
    for read in (serials.parse_any, serials.read_part, serials.look_up):
        with suppress(InvalidInput):
            read(text)


# ── parts ──────────────────────────────────────────────────────────────────────────────────────


def test_a_part_is_written_as_the_design_says() -> None:
    part = Part(serials.parse("verra", VERRA), 1, 250_000)
    assert part.text == f"{VERRA}/g1-250000"


@pytest.mark.parametrize(("first", "last"), [(0, 1), (2, 1), (1, 4_000_001), (-5, -1)])
def test_a_part_lies_inside_its_serial(first: int, last: int) -> None:
    with pytest.raises(serials.OutsideSerial):
        Part(serials.parse("verra", VERRA), first, last)


@pytest.mark.parametrize(
    "text", [VERRA, f"{VERRA}/1-2", f"{VERRA}/g01-2", f"{VERRA}/g1–2", f"{VERRA}/g1-2/g1-2"]
)
def test_a_part_is_written_in_one_way(text: str) -> None:
    with pytest.raises(InvalidInput):
        serials.read_part(text)


# ── finding ────────────────────────────────────────────────────────────────────────────────────

BLOCK = serials.parse("verra", VERRA)


@pytest.mark.parametrize(
    ("query", "grams"),
    [
        (VERRA, (1, 4_000_000)),
        (f"  {VERRA} ", (1, 4_000_000)),
        (VERRA.replace("-", "－"), (1, 4_000_000)),
        (VERRA.lower(), (1, 4_000_000)),
        ("935996536", (1, 1_000_000)),
        ("935,996,537", (1_000_001, 2_000_000)),
        ("９３５９９６５３９", (3_000_001, 4_000_000)),
        (VERRA.replace("935996536", "935996538"), (2_000_001, 4_000_000)),
        (f"{VERRA}/g5-250000", (5, 250_000)),
        (VERRA.replace("935996536", "935996538") + "/g5-6", (2_000_005, 2_000_006)),
        ("935996535", None),
        ("935996540", None),
        (VERRA.replace("935996539", "935996540"), None),
        (VERRA.replace("-513-", "-514-"), None),
        (OWN, None),
    ],
)
def test_a_serial_inside_a_range_is_found(query: str, grams: tuple[int, int] | None) -> None:
    assert serials.look_up(query).inside(BLOCK) == grams


def test_a_single_unit_of_our_own_is_found() -> None:
    wanted = serials.look_up("hlyc-0001-arr-2024-1-17")
    assert wanted == Wanted(17, 17, "HLYC", "HLYC-0001-ARR-2024-1")
    assert wanted.inside(serials.parse("HLYC", OWN)) == (16_000_001, 17_000_000)
    assert wanted.inside(serials.parse("HLYC", OWN.replace("ARR", "IFM"))) is None
