"""What may be said: the type follows from facts, and each type keeps its silence in both languages."""

import pytest

from portal.certificates.rules import claims
from portal.certificates.rules.claims import (
    WORDINGS,
    CertificateType,
    Effect,
    Evidence,
    ForbiddenClaim,
    Inventory,
    NothingToCertify,
)
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import ZERO, Mass

FROZEN = Inventory(gross=Mass.t("10"), is_actual=True, is_frozen=True, executed_reductions=1)


@pytest.mark.parametrize(
    ("evidence", "kind"),
    [
        (Evidence(pledge_id="plg_1"), "C0"),
        (Evidence(paid_parcel_id="par_1"), "C1"),
        (Evidence(expected=Mass.kg("5")), "C2"),
        (Evidence(retired=Mass.kg("5"), pledge_id="plg_1"), "C3"),
        (Evidence(retired=Mass.t("10"), inventory=FROZEN), "C4"),
        (Evidence(retired=Mass.kg("9999"), inventory=FROZEN), "C3"),
        (Evidence(retired=Mass.t("10"), inventory=Inventory(Mass.t("10"), False, True, 1)), "C3"),
        (Evidence(retired=Mass.t("10"), inventory=Inventory(Mass.t("10"), True, False, 1)), "C3"),
        (Evidence(retired=Mass.t("10"), inventory=Inventory(Mass.t("10"), True, True, 0)), "C3"),
        (Evidence(retired=Mass.t("10"), inventory=Inventory(ZERO, True, True, 1)), "C3"),
        (Evidence(inventory=FROZEN, pledge_id="plg_1"), "C0"),
        (Evidence(course_result_id="crs_1"), "C5"),
    ],
)
def test_the_type_is_computed_from_facts(evidence: Evidence, kind: str):
    assert claims.type_of(evidence) == kind


def test_without_facts_there_is_no_certificate():
    with pytest.raises(NothingToCertify):
        claims.type_of(Evidence())


@pytest.mark.parametrize("kind", list(CertificateType))
def test_every_type_is_worded_in_both_languages_within_its_limits(kind: CertificateType):
    wording = WORDINGS[kind]
    texts = [wording.title, wording.claim, *wording.notes, *wording.silence]
    assert all(text.is_complete for text in texts)
    claims.check(kind, *(side for text in texts for side in (text.zh, text.en)))


@pytest.mark.parametrize("kind", list(CertificateType))
@pytest.mark.parametrize(
    "phrase",
    [
        "carbon neutral",
        "Carbon-Neutral",
        "climate neutrality",
        "net zero",
        "zero-carbon",
        "碳中和",
        "净零",
        "气候中和",
        "零碳",
    ],
)
def test_no_type_ever_says_neutral(kind: CertificateType, phrase: str):
    with pytest.raises(ForbiddenClaim):
        claims.check(kind, f"250 {phrase} 李明")


@pytest.mark.parametrize(
    ("kind", "phrase"),
    [
        ("C0", "12 t"),
        ("C0", "250 千克"),
        ("C1", "5 kg CO₂e"),
        ("C1", "offset"),
        ("C1", "抵消"),
        ("C2", "retired"),
        ("C2", "已注销"),
        ("C2", "may be used to offset"),
        ("C3", "this offsets your flight"),
        ("C3", "抵消了您的排放"),
        ("C3", "this product is"),
        ("C3", "our city"),
        ("C3", "本城市"),
        ("C4", "this ticket"),
        ("C5", "250 kg CO₂e"),
        ("C5", "5" + " " * 100 + "kg"),
        ("C5", "1, " * 100 + "t"),
    ],
)
def test_what_a_type_never_says(kind: str, phrase: str):
    with pytest.raises(ForbiddenClaim):
        claims.check(CertificateType(kind), phrase)


def test_an_amount_is_named_whole():
    with pytest.raises(ForbiddenClaim) as caught:
        claims.check(CertificateType.COURSE, "It saves 1,250.5 kg.")
    assert caught.value.params == {"phrase": "1,250.5 kg"}


@pytest.mark.parametrize("text", ["1" * 100_000, "1 " * 50_000, "1" + " " * 100_000])
def test_a_page_of_digits_is_read_once(text: str):
    """It comes to an end, and the control: with a unit at its end it is an amount."""
    claims.check(CertificateType.COURSE, text)
    with pytest.raises(ForbiddenClaim):
        claims.check(CertificateType.COURSE, f"{text}kg")


@pytest.mark.parametrize(
    "phrase",
    ["碳\u200b中和", "碳 · 中 和", "ｃａｒｂｏｎ neutral", "carbon neu\u00adtral", "carbon n\u0335eutral"],
)
def test_nothing_is_said_that_only_a_machine_would_not_read(phrase: str):
    with pytest.raises(ForbiddenClaim):
        claims.check(CertificateType.RETIRED, phrase)


def test_an_event_may_cite_the_guide_but_not_claim_its_title():
    guide = "《大型活动碳中和实施指南（试行）》"
    claims.check(CertificateType.EVENT, guide)
    with pytest.raises(ForbiddenClaim):
        claims.check(CertificateType.EVENT, guide + "，本次活动实现碳中和")


def test_a_title_that_claims_too_much_is_not_printed():
    assert claims.is_sayable(CertificateType.RETIRED, Bilingual("全家减排", "A family of cyclists"))
    assert not claims.is_sayable(CertificateType.RETIRED, Bilingual("碳中和家庭", ""))
    assert not claims.is_sayable(CertificateType.RETIRED, Bilingual("", "Our carbon-neutral wedding"))


def test_removal_and_avoidance_are_stated_apart_and_never_summed():
    both = claims.amounts({Effect.AVOIDANCE: Mass.kg("100"), Effect.REMOVAL: Mass(150_999)})
    assert both.en == "150 kg CO₂e (removal) and 100 kg CO₂e (avoidance)"
    assert both.zh == "150 kg CO₂e（清除）、100 kg CO₂e（避免排放）"
    assert "250" not in both.en + both.zh
