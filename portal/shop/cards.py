"""Gift cards on paper: one for a gift, or those of a batch in a ZIP, printed some at a time."""

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import segno
from flask import current_app, render_template

from portal.kernel import clock
from portal.shop.commands import cards
from portal.shop.commands.steps import TILL
from portal.shop.links import claim_url
from portal.shop.queries.batches import CardsView
from portal.shop.queries.gifts import GiftView, gifts_in
from portal.web import press
from portal.web.i18n import speak
from portal.web.pdf import GIFT

AT_ONCE = 20  # cards between two looks at the clock


def printed(gift: GiftView) -> bytes:
    """The card as PDF, in the language it was written in."""
    speak(gift.lang)
    address = claim_url(gift.code, gift.lang)
    page = render_template(
        "shop/pdf_gift.html",
        gift=gift,
        address=address,
        at=clock.text_of(gift.created_at),
        qr=segno.make(address, error="m").png_data_uri(scale=1, border=0),
    )
    return press.shared().print(page, gift.created_at, design=GIFT)


def archive_of(batch_id: str) -> Path:
    """Where the ZIP of a batch lies once it is done."""
    return Path(current_app.config["PORTAL"].instance) / "gift-cards" / f"{batch_id}.zip"


def print_some(asked: CardsView, may_go_on: Callable[[], bool]) -> bool:
    """Print from the first card that is missing, as long as there is time; whether all are done.

    What is printed stays, so that a killed worker's successor goes on where it stood.
    """
    archive = archive_of(asked.batch_id)
    folder, done = archive.with_suffix(""), asked.printed
    if not done:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    while may_go_on():
        some = gifts_in(asked.batch_id, after=done - 1, size=AT_ONCE)[:AT_ONCE]
        if not some:
            _pack(folder, archive)
            cards.note_printed(TILL, asked.batch_id, asked.asked_at, done, clock.now())
            return True
        for gift in some:
            (folder / f"{done + 1:04}.pdf").write_bytes(printed(gift))
            done += 1
        if not cards.note_printed(TILL, asked.batch_id, asked.asked_at, done, None):
            return False  # asked for anew: codes may have changed
    return False


def _pack(folder: Path, archive: Path) -> None:
    """All cards into one file, which is there whole or not at all."""
    draft = archive.with_suffix(".draft")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as made:
        for card in sorted(folder.glob("*.pdf")):
            made.write(card, card.name)
    os.replace(draft, archive)
    shutil.rmtree(folder)
