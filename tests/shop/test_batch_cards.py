"""The cards of a batch as one ZIP: printed some at a time, by whoever has time, and whole or not there."""

import zipfile
from collections.abc import Iterator

import pytest
from flask import Flask

from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.shop import cards
from portal.shop import jobs as shop_jobs
from portal.shop.commands import cards as commands
from portal.shop.queries import batches as queries
from portal.shop.queries import gifts as gift_queries
from portal.shop.rules.batches import CardsNotReady, NoSuchBatch, Recipient
from portal.web import press
from tests.factories import companies
from tests.factories.registry import make_lot

PERSON = Actor("usr_01M825M1YS7CEW2ABDHNHW73N5")
STRANGER = Actor("usr_01M825M1YS7CEW2ABDHNHW73N6")


class Paper:
    """Paper without ink: what is printed can be read in the file."""

    def print(self, html: str, at: object, attachments: object = (), design: object = None) -> bytes:
        return html.encode()


@pytest.fixture
def batch(app: Flask, monkeypatch: pytest.MonkeyPatch) -> str:
    make_lot()
    paper = Paper()
    monkeypatch.setattr(press, "shared", lambda: paper)
    monkeypatch.setattr(cards, "AT_ONCE", 2)
    return companies.opened(PERSON, [Recipient(f"Guest {number}") for number in range(5)])


def ask(batch_id: str, actor: Actor = PERSON) -> None:
    commands.ask_for_cards(actor, batch_id, clock.now())


def rounds(number: int) -> Iterator[bool]:
    """There is time for so many rounds."""
    yield from [True] * number
    while True:
        yield False


def print_for(batch_id: str, number: int) -> bool:
    asked, left = queries.cards_of(batch_id), rounds(number)
    assert asked
    return cards.print_some(asked, lambda: next(left))


def test_only_whoever_may_see_a_paid_batch_has_its_cards_printed(batch: str) -> None:
    with pytest.raises(CardsNotReady):
        ask(batch)
    companies.bought(batch)
    with pytest.raises(NoSuchBatch):
        ask(batch, STRANGER)
    assert queries.cards_of(batch) is None
    ask(batch)
    assert [each.batch_id for each in queries.cards_to_print()] == [batch]


def test_a_successor_goes_on_where_a_killed_worker_stood(batch: str) -> None:
    companies.bought(batch)
    ask(batch)
    assert not print_for(batch, 1)
    assert queries.cards_of(batch).printed == 2  # type: ignore[union-attr]
    assert not cards.archive_of(batch).exists()
    assert print_for(batch, 9)
    with zipfile.ZipFile(cards.archive_of(batch)) as archive:
        assert archive.namelist() == [f"{number:04}.pdf" for number in range(1, 6)]
        for gift in gift_queries.gifts_in(batch):
            page = archive.read(f"{(gift.position or 0) + 1:04}.pdf").decode()
            assert gift.code in page
            assert gift.recipient in page
    assert queries.cards_of(batch).done_at  # type: ignore[union-attr]
    assert queries.cards_to_print() == []


def test_asked_for_anew_while_printing_the_new_request_counts(batch: str) -> None:
    companies.bought(batch)
    ask(batch)
    former = queries.cards_of(batch)
    assert former
    ask(batch)
    assert not cards.print_some(former, lambda: True), "its cards are not those that were asked for last"
    assert queries.cards_of(batch).printed == 0  # type: ignore[union-attr]
    shop_jobs.print_cards()
    assert queries.cards_of(batch).done_at  # type: ignore[union-attr]
