"""100,000 rows of an export, from the file into the register: time and memory on both databases.

Each import runs in a process of its own, so that its peak memory is its own. The promise is one minute
and 512 MB for everything: reading, holding against the register, importing. The rows are Verra's own,
renumbered.
"""

import csv
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from bench.measure import Figure
from portal import create_app
from portal.config import Config
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.registry.commands import imports
from tests import postgres

ROWS = 100_000
SECONDS, MEGABYTES = 60, 512
SAMPLE = Path(__file__).parents[1] / "tests" / "data" / "verra-transactions.csv"
BENCH = Actor.system("bench")


def run() -> list[Figure]:
    """Seconds and megabytes; ``ratio`` is how much of the promise is left over (above 1: it is kept)."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
        folder = Path(name)
        (folder / "rows.csv").write_bytes(export(ROWS))
        (folder / "rows.xlsx").write_bytes(workbook(export(ROWS)))
        figures += _imported("SQLite", f"sqlite:///{folder / 'csv.sqlite'}", folder / "rows.csv")
        figures += _imported("SQLite, XLSX", f"sqlite:///{folder / 'xlsx.sqlite'}", folder / "rows.xlsx")
        if postgres.is_available():
            session = postgres.open_session()
            try:
                url = postgres.empty_database().replace("postgresql://", "postgresql+psycopg://", 1)
                figures += _imported("PostgreSQL", url, folder / "rows.csv")
            finally:
                postgres.close_session(session)
    return figures


def export(rows: int) -> bytes:
    """An export of so many rows: those of the sample over and over, with units of their own."""
    header, *sample = csv.reader(io.StringIO(SAMPLE.read_text("utf-8-sig"), newline=""))
    serial, quantity = header.index("Serial Number"), header.index("Quantity Issued")
    out, first = io.StringIO(newline=""), 1
    writer = csv.writer(out)
    writer.writerow(header)
    for number in range(rows):
        row = list(sample[number % len(sample)])
        parts, count = row[serial].split("-"), int(row[quantity].replace(",", ""))
        row[serial] = "-".join([parts[0], str(first), str(first + count - 1), *parts[3:]])
        first += count
        writer.writerow(row)
    return out.getvalue().encode()


def workbook(data: bytes) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in csv.reader(io.StringIO(data.decode(), newline="")):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _imported(where: str, url: str, file: Path) -> list[Figure]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.imports", url, str(file)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    told = json.loads(done.stdout.splitlines()[-1])
    name = f"imports: {ROWS:,} rows, {where}"
    return [
        _figure(f"{name}", told["seconds"], SECONDS, "s"),
        _figure(f"{name}, CPU", told["cpu"], SECONDS, "CPU s"),
        _figure(f"{name}, peak memory", told["megabytes"], MEGABYTES, "MB"),
    ]


def _figure(name: str, value: float, baseline: float, unit: str) -> Figure:
    ratio = round(baseline / value, 3)
    return {"name": name, "value": value, "unit": unit, "baseline": baseline, "ratio": ratio, "n": ROWS}


# ── in a process of its own ────────────────────────────────────────────────────────────────────


def _measure(url: str, file: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
        app = create_app(Config.for_tests(url, Path(name), testing=False))
        made = app.test_cli_runner().invoke(args=["db", "upgrade"])
        if made.exit_code:
            raise RuntimeError(made.output) from made.exception
        with app.app_context():
            start, cpu = time.perf_counter(), time.process_time()
            report = imports.judged(BENCH, imports.read(BENCH, "verra", file.read_bytes()))
            done = imports.enter(BENCH, report, file.name, clock.now(), is_demo=True)
            told = {
                "seconds": round(time.perf_counter() - start, 2),
                "cpu": round(time.process_time() - cpu, 2),
                "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
            if done.accepted != ROWS:
                raise RuntimeError(f"{done.accepted} rows of {ROWS} were imported")
            db.session.remove()
            db.engine.dispose()
    return told


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], Path(sys.argv[2]))))
