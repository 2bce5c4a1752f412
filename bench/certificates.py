"""Certificates: the CPU of one beside a bare page of the same words, its size, and memory over 500.

Also how many a core puts out in bulk: certificates that wait for their papers, printed as the worker prints
them, with database, signatures and files (aim: ten a second); and the same beside the bare page in turns, so
that a slow hour shows.
"""

import base64
import os
import re
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from bench.measure import Call, Figure, cpu_per_call, figure, side_by_side
from bench.site import fresh_portal
from portal import jobs
from portal.certificates import queries, sheet
from portal.certificates.queries import CertificateView
from portal.kernel import clock
from portal.registry.jobs import sequence_and_sign
from portal.registry.queries.log import LogProof
from portal.registry.rules.facts import RangeFacts
from portal.web import press
from portal.web.pdf import CERTIFICATE, FONTS, Printer
from portal.web.press import Attachment, Press
from tests.factories.certificates import PLANTING, issued, logged

MOST_BYTES = 45_000
PER_SECOND = 10.0
PRINTED = 500
WARM_UP = 50
IN_BULK = 250
PORTION = 25
BARE = 5
_TICKS = os.sysconf("SC_CLK_TCK")


def run() -> list[Figure]:
    if not press.has_pango():
        raise SystemExit(f"The certificates benchmark needs Pango: {press.APT_LINE}")
    # The printer sees our typefaces only; so must the bare page that is printed beside it.
    os.environ["FONTCONFIG_FILE"] = str(FONTS / "fonts.conf")
    with fresh_portal() as app, _certificate(app) as (certificate, proof):
        html = sheet.lay_out(certificate, "named", proof)
        order = _order(certificate, html, [])
        printer = Printer(stands=False)
        return [
            _speed(printer, order),
            *_bulk(_bare(printer, html)),
            _size(printer, order),
            _memory(certificate, html),
        ]


@contextmanager
def _certificate(app: Flask) -> Iterator[tuple[CertificateView, LogProof]]:
    with app.test_request_context("/"):
        certificate = logged()
        proof = queries.log_proof(certificate.id)
        if proof is None:
            raise RuntimeError("the log was not signed")
        yield certificate, proof


def _order(certificate: CertificateView, html: str, files: list[Attachment]) -> dict[str, Any]:
    """What the press sends to the printer."""
    parts = [asdict(file) | {"content": base64.b64encode(file.content).decode()} for file in files]
    return {
        "html": html,
        "at": certificate.issued_at.isoformat(),
        "attachments": parts,
        "design": CERTIFICATE,
    }


def _bulk(bare: Call) -> list[Figure]:
    """CPU of this process and of its printer for each of many certificates; the first few are warm-up."""
    for n in range(WARM_UP):
        issued(holder_name=f"李明{n}")
    sequence_and_sign()
    jobs.drain(clock.now())
    made = [issued(_credits(n), holder_name=_name(n)).number for n in range(IN_BULK)]
    sequence_and_sign()
    pairs = [(_portion(), cpu_per_call(bare, BARE)) for _ in range(IN_BULK // PORTION)]
    if not all(queries.by_number(number).is_rendered for number in made):
        raise RuntimeError("not all of them were printed")
    ours, theirs = (statistics.mean(side) for side in zip(*pairs, strict=True))
    return [
        figure(
            name,
            value=1 / ours,
            baseline=baseline,
            ratio=1 / ours / baseline,
            unit="PDF/CPU-s",
            seconds=[pair[0] for pair in pairs],
            n=IN_BULK,
        )
        for name, baseline in (("certificates.bulk", PER_SECOND), ("certificates.bulk_bare", 1 / theirs))
    ]


def _portion() -> float:
    """CPU seconds for each of the next certificates that wait."""
    start = _cpu_with_printer()
    jobs.drain(clock.now(), limit=PORTION)
    return (_cpu_with_printer() - start) / PORTION


def _credits(n: int) -> RangeFacts:
    """Every certificate has its own grams of the block, as one lot gives them."""
    return replace(PLANTING, first_g=n * 250_000 + 1, last_g=(n + 1) * 250_000)


def _name(n: int) -> str:
    """Names as a list of many people has them: of two, three and four characters, with some of their own."""
    given = "芳伟敏静丽强磊洋艳勇"
    return f"{'王李张刘陈杨黄赵'[n % 8]}{given[n // 8 % 10] * (1 + n % 3)}{chr(0x6000 + n)}"


def _cpu_with_printer() -> float:
    """CPU seconds that this process and its printer have had so far."""
    stat = Path(f"/proc/{press.shared().pid}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(stat[11]) + int(stat[12])) / _TICKS


def _speed(printer: Printer, order: dict[str, Any]) -> Figure:
    """Warm, in this thread, so that the CPU is ours to count. A ratio of 0.77 is 1.3 × the bare CPU."""
    bare = _bare(printer, order["html"])
    return side_by_side(
        "certificates.pdf",
        lambda: printer.print(order),
        bare,
        unit="PDF/CPU-s",
        rounds=25,
        calls=2,
    )


def _bare(printer: Printer, html: str) -> Any:
    """The same words as plain paragraphs: same typeface, same PDF/A variant, and nothing else."""
    weasyprint = printer._weasyprint
    body = html.split("<body", 1)[1].split(">", 1)[1]
    blocks = re.split(r"</?(?:p|h1|h2|tr|div)\b", body)
    lines = [" ".join(re.sub(r"<[^>]+>", " ", block).split()) for block in blocks]
    words = "".join(f"<p>{line.split('>', 1)[-1]}</p>" for line in lines if line)
    page = f'<!doctype html><html lang="zh-CN"><head><title>x</title></head><body>{words}</body></html>'
    plain = weasyprint.CSS(string='html { font: 10pt / 1.65 "Noto Sans SC" }', font_config=printer._fonts)

    def call() -> bytes:
        pdf: bytes = weasyprint.HTML(string=page).write_pdf(
            stylesheets=[plain], font_config=printer._fonts, pdf_variant="pdf/a-3a"
        )
        return pdf

    return call


def _size(printer: Printer, order: dict[str, Any]) -> Figure:
    size = len(printer.print(order))
    return figure(
        "certificates.size",
        value=float(size),
        baseline=float(MOST_BYTES),
        ratio=MOST_BYTES / size,
        unit="bytes",
        seconds=[0.0],
        n=1,
    )


def _memory(certificate: CertificateView, html: str) -> Figure:
    """Resident memory of the printer after 500 different certificates, beside that after the first 50."""
    one = Press()
    try:
        sizes = {}
        for count in range(1, PRINTED + 1):
            one.print(
                html.replace(certificate.holder_name or "", f"李明{count}"),
                certificate.issued_at + timedelta(seconds=count),
            )
            if count in (WARM_UP, PRINTED):
                sizes[count] = _resident(one.pid)
    finally:
        one.close()
    return figure(
        "certificates.memory",
        value=sizes[PRINTED],
        baseline=sizes[WARM_UP],
        ratio=sizes[WARM_UP] / sizes[PRINTED],
        unit="MB",
        seconds=[0.0],
        n=PRINTED,
    )


def _resident(pid: int | None) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    if found is None:
        raise RuntimeError("the printer is gone")
    return int(found[1]) / 1024
