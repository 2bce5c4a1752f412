"""``python -m bench [NAME …] [--json]``: run benchmarks and print each figure beside its baseline."""

import argparse
import importlib
import json
import sys
from pathlib import Path

from bench.measure import Figure

NAMES = (
    "footprint", "groups", "pages", "checkout", "crowd", "desk", "certificates", "ledger", "register",
    "imports", "training",
)  # fmt: skip
COLUMNS = ("name", "value", "unit", "baseline", "ratio", "n", "median_ms", "p95_ms")


def main() -> int:
    known = [name for name in NAMES if (Path(__file__).parent / f"{name}.py").exists()]
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; all when none is given"
    )
    parser.add_argument("--json", action="store_true", help="one object per line")
    wanted = parser.parse_args()
    if unknown := [name for name in wanted.names if name not in known]:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}")
    if not wanted.json:
        print(row(dict(zip(COLUMNS, COLUMNS, strict=True))))
    for name in wanted.names or known:
        for figure in importlib.import_module(f"bench.{name}").run():
            print(json.dumps(figure, ensure_ascii=False) if wanted.json else row(figure), flush=True)
    return 0


def row(figure: Figure) -> str:
    widths = (44, 14, 16, 14, 8, 7, 10, 10)
    return "".join(
        f"{_shown(figure.get(column, '')):<{width}}" for column, width in zip(COLUMNS, widths, strict=True)
    )


def _shown(value: object) -> str:
    return (
        f"{value:,.3g}"
        if isinstance(value, float) and abs(value) < 100
        else (f"{value:,.0f}" if isinstance(value, float) else str(value))
    )


if __name__ == "__main__":
    sys.exit(main())
