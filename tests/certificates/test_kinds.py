"""Certificates of every type: one live one per subject, facts public, names apart, nothing forbidden said."""

import json
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from portal.certificates import commands, queries
from portal.certificates.rules import claims, paper
from portal.certificates.rules.claims import CertificateType, FactMissing, ForbiddenClaim, NothingToCertify
from portal.certificates.rules.facts import Facts, Level
from portal.certificates.rules.lines import objectives
from portal.certificates.rules.paper import BadName, BadText, EventNotBalanced, RangesDoNotAddUp
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass
from portal.registry.jobs import sequence_and_sign
from tests.browser import Browser
from tests.factories.certificates import (
    ACTOR,
    AVOIDING,
    NOW,
    PLANTING,
    certified,
    course,
    event,
    expected,
    of_every_kind,
    planting,
    pledge,
)

KINDS = ("C0", "C1", "C2", "C3", "C4", "C5")
BOTH = Bilingual("", "")


def text_of(facts: Facts) -> dict:
    text = paper.payload(
        facts, certificate_id="crt_1", number="7K3MQ0RT5XWZ", holder="ab" * 32, issued_at=NOW
    )
    return json.loads(text)


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_is_issued_once_per_subject_and_logged_without_names(any_app: Flask, kind: str):
    told = of_every_kind()[kind]
    certificate = certified(told)
    assert certificate.type == kind
    assert commands.issue(ACTOR, told, NOW) == certificate.number
    assert queries.for_subject(told.subject_id) == certificate
    sequence_and_sign()
    proof = queries.log_proof(certificate.id)
    assert proof is not None
    said = json.loads(proof.body)
    assert (said["type"], said["payload_sha256"]) == (kind, certificate.payload_sha256)
    assert said.get("retirement", said.get("subject")) == told.subject_id
    for name in (told.holder_name, told.trainer or "王芳", "全家减排"):
        assert name not in proof.body + certificate.payload
    assert list(queries.faults()) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_type_has_a_page_that_says_what_it_does_and_does_not_say(
    browser: Browser, kind: str, lang: str
):
    certificate = certified(of_every_kind()[kind])
    sequence_and_sign()
    wording = claims.WORDINGS[certificate.type]
    page = browser.open(f"/{lang}/certificates/{certificate.number}")
    assert wording.title.in_(lang) in page.text
    for silence in wording.silence:
        assert silence.in_(lang) in page.text
    assert "{" not in page.main
    assert certificate.holder_name not in page.text
    named = browser.open(f"/{lang}/certificates/{certificate.number}?key={certificate.key}")
    assert certificate.holder_name in named.text
    assert browser.client.get(f"/certificates/{certificate.number}.svg").status_code == 200
    assert browser.client.get(f"/certificates/{certificate.number}.credential").status_code == 200
    assert browser.client.get(f"/api/v1/certificates/{certificate.number}").json["type"] == kind


def test_the_sentences_are_filled_with_the_facts():
    says = {kind: text_of(told)["says"] for kind, told in of_every_kind().items()}
    assert says["C0"]["en"] == "{holder} has pledged to cut emissions by 30% by 2030."
    assert says["C0"]["zh"] == "{holder}承诺：到 2030 年减排 30%"
    assert says["C1"]["en"] == "{holder} funded 1,200 seedlings at Cuiluan parcel one (P-0001)."
    assert says["C2"]["zh"] == "预期到2060年清除 250 kg CO₂e，尚未核证。由{holder}预订。"
    assert "450 kg CO₂e by event 2026.1" in says["C4"]["en"], "what was emitted is rounded up"
    assert says["C5"]["zh"] == "{holder}已完成课程“森林碳汇计量”（16 学时）。"


def test_only_retired_credits_count_in_the_totals(app: Flask):
    for told in of_every_kind().values():
        certified(told)
    totals = queries.public_totals()
    assert totals.count == 1
    assert sum(mass.grams for mass in totals.by_effect.values()) == 250_000


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (lambda: event(gross=Mass(450_001)), EventNotBalanced),
        (lambda: event(reductions=()), EventNotBalanced),
        (lambda: event(inventory_digest=""), EventNotBalanced),
        (lambda: event(declared_on=date(2026, 8, 1)), EventNotBalanced),
        (lambda: event(retirements=()), NothingToCertify),
        (lambda: event(boundary=BOTH), FactMissing),
        (lambda: event(evaluator=BOTH), FactMissing),
        (lambda: expected(expected=Mass(1)), RangesDoNotAddUp),
        (lambda: expected(by_year=2026), FactMissing),
        (lambda: planting(seedlings=0), NothingToCertify),
        (lambda: planting(parcel_code=""), NothingToCertify),
        (lambda: pledge(target=0), FactMissing),
        (lambda: pledge(target=101), FactMissing),
        (lambda: pledge(level=Level.THIRD_PARTY), FactMissing),
        (lambda: course(objectives=()), FactMissing),
        (lambda: course(hours=0), FactMissing),
        (lambda: course(trainer="two\nlines"), BadName),
        (lambda: event(exclusions=Bilingual("长" * 601, "")), BadText),
    ],
)
def test_wrong_facts_never_reach_paper(told, fault):
    with pytest.raises(fault):
        text_of(told())


SMUGGLED = (
    "碳中和", "碳 中 和", "碳·中·和", "碳\u200b中和", "carbon neutral", "Carbon—Neutral", "carbon_neutral",
    "ｃａｒｂｏｎ ｎｅｕｔｒａｌ", "net\u00adzero", "淨零", "零碳", "本城市", "气候正效益 climate-positive",
)  # fmt: skip
PLACES = {
    "event name": lambda text: event(event=Bilingual(text, "A feast")),
    "place": lambda text: event(place=Bilingual("伊春", text)),
    "boundary": lambda text: event(boundary=Bilingual(text, text)),
    "reduction": lambda text: event(reductions=(Bilingual("接驳大巴", text),)),
    "evaluator": lambda text: event(evaluator=Bilingual(text, "")),
    "species": lambda text: planting(species=Bilingual(text, "")),
    "season": lambda text: planting(season=Bilingual("", text)),
    "verifier": lambda text: pledge(level=Level.THIRD_PARTY, verifier=Bilingual(text, "")),
    "cohort": lambda text: course(cohort=Bilingual(text, "")),
}


@pytest.mark.parametrize("text", SMUGGLED)
@pytest.mark.parametrize("place", PLACES)
def test_nothing_typed_smuggles_a_forbidden_word_in(place: str, text: str):
    with pytest.raises((ForbiddenClaim, BadText)):
        text_of(PLACES[place](f"我们的活动 {text} 2026"))


def test_a_course_may_be_about_claims_which_its_certificate_quotes():
    told = course(
        course=Bilingual("读懂“碳中和”", "Carbon neutral? Read the label"),
        objectives=(Bilingual("说得清净零与抵消", "Tell net zero from offsetting 1 t"),),
    )
    content = text_of(told)
    assert content["says"]["zh"] == "{holder}已完成课程“读懂‘碳中和’”（16 学时）。"
    assert objectives(content) == (Bilingual("“说得清净零与抵消”", "“Tell net zero from offsetting 1 t”"),)
    assert any("claim nothing" in note.en for note in paper.notes(CertificateType.COURSE, content))


@pytest.mark.parametrize("quote", ["“", "”", "„", '"', "＂", "〞"])
def test_a_title_cannot_close_its_quotes_and_go_on_as_our_words(quote: str):
    says = text_of(course(course=Bilingual(f"课程{quote}。本城市{quote}", "")))["says"]["zh"]
    assert (says.count("“"), says.count("”"), says.count('"')) == (1, 1, 0)


def test_a_place_in_braces_is_not_filled():
    says = text_of(event(event=Bilingual("{gross}{method}", "{gross}{method}")))["says"]
    assert "“{gross}{method}”" in says["en"]


def test_a_pledge_title_that_claims_too_much_is_left_out(app: Flask):
    assert certified(pledge()).purpose_title == Bilingual("全家减排", "Our family")
    assert certified(pledge(title=Bilingual("碳中和之家", ""))).purpose_title is None


def test_who_holds_the_subject_may_have_it_certified(app: Flask):
    told = pledge()
    with pytest.raises(NotAllowed):
        commands.issue(Actor.guest(), told, NOW)
    assert commands.issue(Actor.guest(told.pledge_id), told, NOW)


def test_a_gift_that_is_handed_on_has_a_new_holder_and_the_old_number_says_so(
    any_app: Flask, browser: Browser
):
    old = certified(of_every_kind()["C3"])
    facts = replace(
        queries.retirement_facts(old.number), holder_name="王芳", holder_salt=bytes(32), is_public=True
    )
    new = queries.by_number(commands.replace(ACTOR, old.number, facts, "transferred", NOW))
    assert (new.holder_name, new.ranges, new.mass) == ("王芳", old.ranges, old.mass)
    sequence_and_sign()
    assert list(queries.faults()) == [], "the log names the successor, so another holder is no fault"
    page = browser.open(f"/en/certificates/{old.number}")
    assert "handed on as a gift" in page.text
    assert new.printed_number in page.text


def test_a_transfer_of_what_retires_nothing_is_refused(app: Flask):
    with pytest.raises(NothingToCertify):
        queries.retirement_facts(certified(pledge()).number)


def test_grams_of_several_effects_stay_apart_in_an_event():
    content = text_of(event())
    assert content["retired_effects_g"] == {"removal": 250_000, "avoidance": 200_000}
    assert [part["lot"] for each in content["retirements"] for part in each["ranges"]] == [
        PLANTING.lot_code, AVOIDING.lot_code,
    ]  # fmt: skip


def test_a_boundary_in_whole_sentences_ends_in_one_stop():
    boundary = Bilingual("计入用电。不计建设。", "Power counts. Building does not.")
    content = text_of(event(boundary=boundary))
    (note,) = paper.notes(CertificateType.EVENT, content)
    assert note.zh.startswith("边界：计入用电。不计建设；未计入：")
    assert note.en.startswith("Boundary: Power counts. Building does not. Left out: ")
    assert content["boundary"] == {"zh": boundary.zh, "en": boundary.en}, "the text itself keeps every sign"
