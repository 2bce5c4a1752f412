"""The rules of a project's life: steps, notices, eligibility, screening, land. No fixtures, no database."""

import json
import math
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.numbers import NotANumber
from portal.registry import policy
from portal.registry.rules import eligibility, lifecycle, parcels, screening
from portal.registry.rules.eligibility import Answer, Finding, Issuance, Land, RulesAltered, Verdict
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.lifecycle import NO_STANDING, STEPS, DocumentKind, ProjectState
from portal.registry.rules.names import sort_key
from portal.registry.rules.screening import Known, LikenessKind
from tests.factories.projects import ELIGIBLE, square

S, T = ProjectState, ProjectType

# --- steps


def test_every_state_can_be_reached_and_every_way_ends():
    reached = {S.PROPOSED}
    for steps in STEPS.values():
        reached |= {step.target for step in steps}
    assert reached == set(ProjectState)
    ends = set(ProjectState) - {step.source for steps in STEPS.values() for step in steps}
    assert ends == {S.WITHDRAWN, S.CLOSED}


@pytest.mark.parametrize("kind", T)
def test_one_step_leads_from_one_state_to_another_on_one_document(kind: T):
    pairs = [(step.source, step.target) for step in STEPS[kind]]
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize("kind", [T.IFM, T.REDD, T.OTHER])
def test_only_afforestation_is_monitored_and_verified_here(kind: T):
    targets = {step.target for step in STEPS[kind]}
    assert not targets & {S.DESIGN_NOTICE, S.VALIDATION, S.REPORT_NOTICE, S.VERIFICATION, S.VERIFIED}
    assert not lifecycle.is_issued_here(kind)


def test_a_type_without_rules_is_never_registered_here():
    assert not [step for step in STEPS[T.OTHER] if lifecycle.enters_register(step)]


@pytest.mark.parametrize("kind", T)
def test_whatever_enters_the_register_was_found_eligible(kind: T):
    ways = [
        step for step in STEPS[kind] if lifecycle.enters_register(step) and step.source is not S.VALIDATION
    ]
    assert all(step.is_eligible and step.document is DocumentKind.EXTERNAL_STANDARD for step in ways)
    into_notice = [step for step in STEPS[kind] if step.target is S.DESIGN_NOTICE]
    assert all(step.is_eligible for step in into_notice)


def test_standing_is_for_afforestation_that_is_registered():
    for state in ProjectState:
        if state in NO_STANDING:
            with pytest.raises(lifecycle.NoStanding):
                lifecycle.check_standing(T.ARR, state)
        else:
            lifecycle.check_standing(T.ARR, state)
    with pytest.raises(lifecycle.NotIssuedHere):
        lifecycle.check_standing(T.REDD, S.REGISTERED)


@pytest.mark.parametrize("kind", T)
def test_who_proposes_never_decides_and_jobs_do_neither(kind: T):
    everything = frozenset(Role)
    for step in STEPS[kind]:
        one, other = Actor("usr_one", everything), Actor("usr_two", everything)
        assert policy.may_propose_step(one, step)
        assert policy.may_decide_step(other, step, one.id)
        assert not policy.may_decide_step(one, step, one.id)
        assert not policy.may_propose_step(Actor.system("job"), step)
        assert not policy.may_decide_step(Actor.system("job"), step, one.id)
        assert not policy.may_decide_step(Actor("usr_three", frozenset({Role.AUDITOR})), step, one.id)


# --- notices


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        # Friday 18 September: Mid-Autumn Festival (25 September) and National Day are no working days
        ("2026-09-18T23:59:00+08:00", "2026-10-27"),
        ("2026-03-02T00:00:00+08:00", "2026-03-31"),
        # what is Monday in Beijing is still Sunday in Greenwich
        ("2026-03-01T16:30:00+00:00", "2026-03-31"),
    ],
)
def test_a_notice_counts_working_days_of_the_city(opens: str, closes: str):
    closing = lifecycle.notice_closes(datetime.fromisoformat(opens), 20)
    assert closing == datetime.fromisoformat(f"{closes}T00:00:00+08:00")


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001  made aware below
    st.integers(1, 40),
)
def test_a_notice_is_never_shorter_than_promised(opens: datetime, days: int):
    opens = opens.replace(tzinfo=UTC)
    closing = lifecycle.notice_closes(opens, days)
    assert closing - opens >= timedelta(days=days)
    assert lifecycle.notice_closes(opens, days + 1) > closing


# --- eligibility

ARR = eligibility.rules_for(T.ARR)
IFM = eligibility.rules_for(T.IFM)
REDD = eligibility.rules_for(T.REDD)
BEGUN = date(2024, 1, 1)
LAND = Land(800, True)


def arr(begun: date | None = BEGUN, land: Land = LAND, **changes: Answer) -> Verdict:
    answers = ELIGIBLE[T.ARR] | eligibility.answers_of_land(ARR, land)
    answers |= {name.replace("__", "."): answer for name, answer in changes.items()}
    return eligibility.assess(ARR, answers, begun)[0]


def says(value: str) -> Answer:
    return Answer(value, "a paper")


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, Verdict.ELIGIBLE),
        ({"arr__not_forest": says("3")}, Verdict.ELIGIBLE),
        ({"arr__not_forest": says("2.99")}, Verdict.NOT_ELIGIBLE),
        ({"arr__not_forest": says("-3")}, Verdict.NOT_ELIGIBLE),
        ({"arr__wetland": says("yes")}, Verdict.NOT_ELIGIBLE),
        ({"arr__economic_or_greening": says("yes")}, Verdict.NOT_ELIGIBLE),
        ({"arr__shrubs_removed": says("20")}, Verdict.ELIGIBLE),
        ({"arr__shrubs_removed": says("20.01")}, Verdict.NOT_ELIGIBLE),
        ({"arr__shrubs_removed": Answer("12", "")}, Verdict.OPEN),  # who only says so leaves it open
        ({"arr__wetland": Answer("", "a paper")}, Verdict.OPEN),
        ({"arr__wetland": says("yes"), "arr__not_forest": Answer("", "")}, Verdict.NOT_ELIGIBLE),
    ],
)
def test_afforestation_is_held_against_the_methodology(changes: dict[str, Answer], verdict: Verdict):
    assert arr(**changes) is verdict


@pytest.mark.parametrize(
    ("begun", "area", "is_met"),
    [
        (date(2020, 1, 1), 400, True),
        (date(2020, 1, 1), 399, False),
        (date(2019, 12, 31), 667, True),
        (date(2019, 12, 31), 666, False),
        (date(2015, 5, 1), 400, False),
        (None, 400, False),  # while the start is unknown, the stricter bound holds
        (None, 667, True),
    ],
)
def test_a_parcel_is_large_enough_by_the_year_of_its_start(begun: date | None, area: int, is_met: bool):
    wanted = Verdict.ELIGIBLE if is_met else Verdict.NOT_ELIGIBLE
    assert arr(begun, Land(area, True)) is wanted


def test_tenure_and_area_come_from_the_parcels_and_stay_open_without_them():
    assert arr(land=Land(None, None)) is Verdict.OPEN
    assert arr(land=Land(800, False)) is Verdict.NOT_ELIGIBLE


def test_avoided_deforestation_fails_by_default_where_a_logging_ban_holds():
    standard = Answer("yes", "validated", "doc_x", DocumentKind.EXTERNAL_STANDARD)
    land = eligibility.answers_of_land(REDD, Land(800, True))
    banned = land | {"redd.logging_ban": says("yes"), "redd.external_standard": standard}
    verdict, found = eligibility.assess(REDD, banned, BEGUN)
    assert verdict is Verdict.NOT_ELIGIBLE
    assert {each.rule.id: each.finding for each in found}["redd.logging_ban"] is Finding.NOT_MET
    overruled = banned | {"redd.logging_ban": replace(standard, value="yes")}
    assert eligibility.assess(REDD, overruled, BEGUN)[0] is Verdict.ELIGIBLE
    other_paper = replace(standard, document_kind=DocumentKind.DESIGN)
    assert (
        eligibility.assess(REDD, banned | {"redd.logging_ban": other_paper}, BEGUN)[0] is Verdict.NOT_ELIGIBLE
    )


def test_without_an_external_standard_nothing_of_it_is_eligible():
    land = eligibility.answers_of_land(REDD, Land(800, True))
    answers = land | {"redd.logging_ban": says("no"), "redd.external_standard": says("no")}
    assert eligibility.assess(REDD, answers, BEGUN)[0] is Verdict.NOT_ELIGIBLE
    claimed = answers | {"redd.external_standard": says("yes")}  # without the paper it is only said
    assert eligibility.assess(REDD, claimed, BEGUN)[0] is Verdict.OPEN


def test_forest_management_is_marked_as_legacy_and_issued_elsewhere():
    assert (IFM.is_legacy, IFM.issuance) == (True, Issuance.EXTERNAL)
    assert (ARR.is_legacy, ARR.issuance) == (False, Issuance.OWN)
    assert REDD.issuance is Issuance.EXTERNAL


@pytest.mark.parametrize("rules", eligibility.all_rules(), ids=lambda rules: f"{rules.id}-{rules.version}")
def test_every_rule_has_both_languages_a_source_and_one_kind_of_answer(rules: eligibility.Rules):
    assert rules.title.is_complete
    for rule in rules.rules:
        assert rule.ask.is_complete
        assert rule.why.is_complete
        assert rule.source.is_complete
        assert rule.is_number == (rule.low is not None or rule.high is not None)
        assert rule.id.startswith(f"{rules.id}.")


def test_a_released_file_of_rules_is_never_edited():
    content = (Path(eligibility.__file__).parents[1] / "data" / "eligibility" / "arr-1.toml").read_bytes()
    assert eligibility._read("arr-1", content, sha256(content).hexdigest()).version == "1"
    with pytest.raises(RulesAltered):
        eligibility._read("arr-1", content.replace(b'"20"', b'"30"'), sha256(content).hexdigest())


def test_a_number_that_is_none_is_refused_by_name():
    with pytest.raises(NotANumber):
        arr(arr__not_forest=says("about five"))


def test_the_stricter_bound_is_the_one_for_an_unknown_start():
    rule = next(rule for rule in ARR.rules if rule.id == "arr.parcel_area")
    assert (rule.least(None), rule.least(date(2020, 1, 1))) == (Decimal(667), Decimal(400))


# --- screening


def known(number: int, registry: str, source_id: str, *names: str, country: str = "China") -> Known:
    return Known(f"prj_{number}", registry, source_id, names, country)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Green Hills Forest Project", "GREEN-HILLS"),
        ("Açaí Amazônia REDD+ Project", "Acai Amazonia REDD"),
        ("东山造林项目", "东山造林"),
        ("ＡＢＣ　造林", "abc造林"),
    ],
)
def test_one_name_is_found_under_other_spellings(one: str, other: str):
    found = screening.alike([known(1, "verra", "11", one), known(2, "gold-standard", "22", other)])
    assert [(each.newer, each.older, each.kind) for each in found] == [("prj_2", "prj_1", LikenessKind.NAME)]


def test_a_number_is_alike_at_two_registries_of_one_country_and_never_by_chance():
    one = known(1, "verra", "1491", "a forest")
    assert [each.kind for each in screening.alike([one, known(2, "acr", "ACR1491", "b wood")])] == ["number"]
    assert screening.alike([one, known(2, "verra", "1491", "b wood")]) == []
    assert screening.alike([one, known(2, "acr", "1491", "b wood", country="Brazil")]) == []
    assert screening.alike([known(1, "verra", "12", "a"), known(2, "acr", "12", "b")]) == []


def test_names_that_say_nothing_are_alike_to_nothing():
    generic = [known(n, "verra", str(n), "Forest Carbon Project", "") for n in range(1, 4)]
    assert screening.alike(generic) == []
    crowd = [known(n, "verra", str(n), "东山") for n in range(1, 30)]
    assert screening.alike(crowd) == []


def test_lists_are_in_the_order_of_pinyin():
    names = [
        Bilingual("重庆林", ""),
        Bilingual("伊春林", ""),
        Bilingual("", "Amazon"),
        Bilingual("安徽林", ""),
    ]
    assert [n.zh or n.en for n in sorted(names, key=sort_key)] == ["Amazon", "安徽林", "重庆林", "伊春林"]


# --- land

outlines = st.tuples(
    st.floats(120, 134), st.floats(43, 53), st.integers(3, 12), st.floats(0.0005, 0.01), st.integers(0, 11)
)


def polygon(
    west: float, south: float, corners: int, size: float, first: int, *, turn: int = 1
) -> dict[str, object]:
    """A regular polygon, begun at any corner and drawn either way round."""
    ring = [
        [west + size * math.cos(turn * 2 * math.pi * (first + n) / corners),
         south + size * math.sin(turn * 2 * math.pi * (first + n) / corners)]
        for n in range(corners)
    ]  # fmt: skip
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


@given(outlines)
def test_one_shape_is_one_text_whichever_corner_it_is_drawn_from(shape):
    west, south, corners, size, first = shape
    rounded = parcels.outline_of(polygon(west, south, corners, size, 0))
    ring = json.loads(rounded.geojson)["coordinates"][0]
    begun = [*ring[first % (len(ring) - 1) : -1], *ring[: first % (len(ring) - 1)]]
    again = {"type": "Polygon", "coordinates": [[*begun, begun[0]]]}
    backwards = {"type": "MultiPolygon", "coordinates": [[[*begun, begun[0]][::-1]]]}
    assert parcels.outline_of(again).geojson == rounded.geojson
    assert parcels.outline_of(backwards).sha256 == rounded.sha256


def test_area_is_that_of_the_ellipsoid():
    """A square of 0.001° at 47.7° N, by the radii of curvature of WGS 84 (Snyder, Map Projections, 1987)."""
    middle = math.radians(47.7005)
    a, e2 = 6378137.0, 0.00669437999014
    w = math.sqrt(1 - e2 * math.sin(middle) ** 2)
    height = math.radians(0.001) * a * (1 - e2) / w**3
    width = math.radians(0.001) * a * math.cos(middle) / w
    assert parcels.outline_of(square()).area_m2 == pytest.approx(height * width, abs=1)


def test_a_hole_is_no_land_and_the_smallest_piece_is_the_one_that_counts():
    whole, hole = square(side=0.002), square(128.9005, 47.7005, 0.0005)
    with_hole = {"type": "Polygon", "coordinates": [*whole["coordinates"], *hole["coordinates"]]}  # type: ignore[misc]
    areas = [parcels.outline_of(each).area_m2 for each in (whole, hole, with_hole)]
    assert areas[2] == pytest.approx(areas[0] - areas[1], abs=2)
    both = {
        "type": "MultiPolygon",
        "coordinates": [square()["coordinates"], square(128.95, side=0.0002)["coordinates"]],
    }
    outline = parcels.outline_of(both)
    assert (
        parcels.smallest_part_m2(outline.geojson) == parcels.outline_of(square(128.95, side=0.0002)).area_m2
    )


@pytest.mark.parametrize(
    ("east", "is_taken"),
    [(128.901, False), (128.9009999, False), (128.90095, True), (128.9, True), (129.0, False)],
)
def test_a_common_border_is_no_common_land(east: float, is_taken: bool):
    one, other = parcels.outline_of(square()), parcels.outline_of(square(west=east))
    shared = parcels.overlap_m2(one.geojson, other.geojson)
    assert parcels.is_taken(shared, one.area_m2, other.area_m2) is is_taken


def test_a_long_sliver_of_a_small_parcel_is_land():
    small, large = parcels.outline_of(square(side=0.0003)), parcels.outline_of(square(128.9002, side=0.01))
    assert parcels.is_taken(parcels.overlap_m2(small.geojson, large.geojson), small.area_m2, large.area_m2)


def a_comb(teeth: int, lies: bool = False) -> str:
    """An outline of so many teeth within a hundredth of a degree, upright or lying on its side."""
    width = 0.01 / (2 * teeth)
    corners = [(0.0, -0.001), (0.0, 0.01)]
    for tooth in range(teeth):
        left = 2 * tooth * width
        corners += [
            (left + width, 0.01),
            (left + width, 0.0),
            (left + 2 * width, 0.0),
            (left + 2 * width, 0.01),
        ]
    corners = [*corners[:-2], (corners[-3][0], -0.001)]
    corners = [(y, x) if lies else (x, y) for x, y in [*corners, corners[0]]]
    return parcels.outline_of(a_polygon([[128.9 + x, 47.7 + y] for x, y in corners])).geojson


def test_outlines_that_cross_everywhere_are_refused_before_they_fill_the_memory():
    """Control: combs with fewer teeth share a quarter of the square, and one comb all of itself."""
    shared = parcels.overlap_m2(a_comb(20), a_comb(20, lies=True))
    whole = parcels.outline_of(square(side=0.01)).area_m2
    assert shared == pytest.approx(whole / 4, rel=0.15)
    fine = a_comb(1_000)
    assert parcels.overlap_m2(fine, fine) == pytest.approx(whole / 2, rel=0.2)
    with pytest.raises(parcels.TooManyCrossings):
        parcels.overlap_m2(fine, a_comb(1_000, lies=True))


def a_polygon(*rings: object) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": list(rings)}


FLAT = (parcels.BadOutline, parcels.AreaUnlikely)


@pytest.mark.parametrize(
    ("geometry", "fault"),
    [
        (None, parcels.NotGeoJson),
        ([], parcels.NotGeoJson),
        ({"type": "Polygon"}, parcels.NotGeoJson),
        (a_polygon(), parcels.NotGeoJson),
        (a_polygon([]), parcels.NotGeoJson),
        (a_polygon([[1, 2], [2, 3]]), parcels.NotGeoJson),
        (a_polygon([["1", 2], [2, 3], [3, 1], ["1", 2]]), parcels.NotGeoJson),
        (a_polygon([[True, 2], [2, 3], [3, 1], [True, 2]]), parcels.NotGeoJson),
        (a_polygon([[1, 2], [2, "3"], [3, 1], [1, 2]]), parcels.NotGeoJson),
        (a_polygon([[1, 2], 5, [3, 1], [1, 2]]), parcels.NotGeoJson),
        (a_polygon([[[[1, 2]]]]), parcels.NotGeoJson),
        ({"type": "LineString", "coordinates": [[1, 2], [2, 3]]}, parcels.NotGeoJson),
        (a_polygon([[47, 128], [48, 128], [48, 129], [47, 128]]), parcels.OtherCoordinates),
        (a_polygon([[1, 1], [1, 1], [1, 1], [1, 1]]), FLAT),
        (a_polygon([[1, 1], [2, 2], [3, 3], [1, 1]]), FLAT),
        (a_polygon([[-179, -89], [179, -89], [179, 89], [-179, 89], [-179, -89]]), parcels.AreaUnlikely),
    ],
    ids=str,
)
def test_what_is_no_outline_is_refused_by_name(geometry: object, fault: type[Exception]):
    with pytest.raises(fault):
        parcels.outline_of(geometry)


@given(st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.sampled_from(["Polygon", "Feature"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["type", "coordinates", "features", "geometry", "crs", "properties"]),
                      inner, max_size=4),
    max_leaves=30,
))  # fmt: skip
def test_no_document_makes_the_reader_fail_otherwise_than_by_name(value: object):
    with suppress(parcels.NotGeoJson, parcels.OtherCoordinates, parcels.BadOutline, parcels.AreaUnlikely):
        parcels.read(json.dumps(value).encode())


def test_a_collection_gives_its_parcels_in_order_with_their_codes():
    features = [
        {"type": "Feature", "properties": {"code": "A-1"}, "geometry": square()},
        {"type": "Feature", "properties": None, "geometry": square(129.0)},
        {"type": "Feature", "properties": {"code": 7}, "geometry": square(129.1)},
    ]
    data = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    assert [each.code for each in parcels.read(b"\xef\xbb\xbf" + data)] == ["A-1", "", "7"]


def test_a_file_of_another_system_or_beyond_bounds_is_refused():
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
    with pytest.raises(parcels.OtherCoordinates):
        parcels.read(json.dumps(square() | {"crs": named}).encode())
    known_one = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    assert len(parcels.read(json.dumps(square() | {"crs": known_one}).encode())) == 1
    many = [{"type": "Feature", "geometry": square()}] * (parcels.MOST_PARCELS + 1)
    for data in (
        json.dumps({"type": "FeatureCollection", "features": many}).encode(),
        b" " * (parcels.MOST_BYTES + 1),
    ):
        with pytest.raises(parcels.TooManyParcels):
            parcels.read(data)


@pytest.mark.parametrize(
    ("first", "second", "share"),
    [
        (("2020-01-01", "2020-12-31"), ("2021-01-01", "2021-12-31"), False),
        (("2020-01-01", "2021-01-01"), ("2021-01-01", "2021-12-31"), True),
        (("2020-01-01", "2029-12-31"), ("2024-01-01", "2024-01-02"), True),
    ],
)
def test_periods_share_days(first: tuple[str, str], second: tuple[str, str], share: bool):
    days = [(date.fromisoformat(a), date.fromisoformat(b)) for a, b in (first, second)]
    assert parcels.share_days(days[0], days[1]) is share
    assert parcels.share_days(days[1], days[0]) is share
