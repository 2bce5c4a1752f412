"""Answers on their way: kept for 90 days under a link and a code, sent to an address that is not kept."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal import jobs
from portal.db import db, transaction
from portal.footprint import queries
from portal.footprint.commands import forget_old_drafts, save_draft
from portal.footprint.models import DraftRecord
from portal.footprint.rules import drafts, errors
from portal.footprint.rules.drafts import Journey, MistypedCode, UnknownDraft
from portal.jobs import Outbox
from portal.kernel import checked
from portal.kernel.actor import Actor
from portal.web.links import key_for
from tests.factories.footprint import COUPLE, SAVED_AT

HOME = Journey(
    model_id="household-cn",
    version="1.0.0",
    form="full",
    region="230700",
    answers=COUPLE,
    own={"heat": "96.5"},
)
GUEST = Actor.guest()


def keep(journey: Journey = HOME, **more: str) -> tuple[str, str]:
    return save_draft(GUEST, journey, SAVED_AT, "zh", **more)


def test_the_link_and_the_code_give_back_all_that_was_said(any_app):
    draft_id, code = keep()
    by_link = queries.draft(Actor.guest(draft_id), draft_id, SAVED_AT)
    assert by_link.journey == HOME
    assert by_link.expires_at - by_link.created_at == timedelta(days=90)
    typed = f" {code[:4].lower()}-{code[4:8]} {code[8]} "
    assert queries.draft_by_code(typed, SAVED_AT) == by_link


def test_a_stranger_opens_nothing(app):
    draft_id, _code = keep()
    for actor in (GUEST, Actor("usr_mei"), Actor.guest("fdr_other")):
        with pytest.raises(UnknownDraft):
            queries.draft(actor, draft_id, SAVED_AT)


def test_a_code_has_forty_random_bits_and_shows_every_slip():
    codes = {drafts.new_code() for _ in range(200)}
    assert len(codes) == 200
    code = codes.pop()
    for place, wrong in [(place, letter) for place in range(9) for letter in checked.ALPHABET]:
        slip = code[:place] + wrong + code[place + 1 :]
        if slip != code:
            with pytest.raises(MistypedCode):
                drafts.parse_code(slip)


def test_the_table_does_not_give_the_codes_away(app):
    _draft_id, code = keep()
    kept = db.session.scalars(select(DraftRecord)).one()
    assert code not in repr(vars(kept))
    assert kept.code_hash == drafts.code_hash(code)


def test_two_drafts_never_share_a_code(any_app):
    keep()
    keep()
    with pytest.raises(IntegrityError, match=r"a_draft_has_a_code_of_its_own|footprint_draft\.code_hash"):
        give_all_one_code()


def give_all_one_code() -> None:
    with transaction() as session:
        for row in session.scalars(select(DraftRecord)):
            row.code_hash = "the same"


def test_after_90_days_it_is_gone(any_app):
    draft_id, code = keep()
    last = SAVED_AT + timedelta(days=90)
    assert queries.draft_by_code(code, last - timedelta(seconds=1)).id == draft_id
    with pytest.raises(UnknownDraft):
        queries.draft_by_code(code, last)
    forget_old_drafts(last - timedelta(seconds=1))
    assert db.session.scalar(select(func.count()).select_from(DraftRecord)) == 1
    forget_old_drafts(last)
    assert db.session.scalar(select(func.count()).select_from(DraftRecord)) == 0


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"version": "0.0.1"}, errors.UnknownVersion),
        ({"region": "999999"}, errors.UnknownRegion),
        ({"answers": {"rent": "5"}}, errors.UnknownAnswer),
        ({"own": {"heat": "9999"}}, errors.FactorOutOfBand),
    ],
)
def test_nothing_is_kept_of_what_does_not_hold(app, change, error):
    with pytest.raises(error):
        keep(replace(HOME, **change), email="mei@example.org")
    assert db.session.scalar(select(func.count()).select_from(DraftRecord)) == 0
    assert jobs.counts() == (0, 0)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_letter_brings_link_and_code_and_the_address_is_forgotten(app, sent_letters, lang):
    draft_id, code = save_draft(GUEST, HOME, SAVED_AT, lang, email="mei@example.org")
    [letter] = sent_letters()
    assert letter["To"] == "mei@example.org"
    text = letter.get_content()
    assert f"/{lang}/calculator/drafts/{draft_id}?k={key_for(draft_id)}" in text
    assert checked.printed(code) in text
    assert {"zh": "2027年2月20日", "en": "20 February 2027"}[lang] in text
    work = db.session.scalars(select(Outbox)).one()
    assert work.state == "done"
    assert "mei@example.org" not in repr(vars(work))
