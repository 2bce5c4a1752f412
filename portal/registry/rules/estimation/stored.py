"""What is kept of an inventory and of a report: canonical JSON (RFC 8785), so that its SHA-256 names it.

Numbers are texts, because JSON has no decimals: inputs and what was read from them with every digit, results
rounded to fifteen. Grams are whole numbers.
"""

import json
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from hashlib import sha256
from typing import Any, Final

from portal.registry.rules.estimation.account import Account, Deductions, Stated
from portal.registry.rules.estimation.change import Change
from portal.registry.rules.estimation.columns import InventoryKind
from portal.registry.rules.estimation.equations import Equation
from portal.registry.rules.estimation.estimate import Estimate, SpeciesStock
from portal.registry.rules.estimation.parameters import Method, Parameters
from portal.registry.rules.estimation.reading import Plot, Stratum, Tree
from portal.registry.rules.records import canonical

VERSION: Final = 1
_SHOWN: Final = Context(prec=15, rounding=ROUND_HALF_EVEN)


def digest(body: bytes | str) -> str:
    return sha256(body.encode() if isinstance(body, str) else body).hexdigest()


def inventory_body(
    kind: InventoryKind,
    surveyed_on: date,
    file_sha256: str,
    parameters: Parameters,
    equations: Sequence[Equation],
    strata: Sequence[Stratum],
) -> str:
    """Everything that was measured, as it was understood."""
    return canonical(
        {
            "v": VERSION,
            "kind": kind.value,
            "surveyed_on": surveyed_on.isoformat(),
            "file_sha256": file_sha256,
            "parameters": _version(parameters),
            "equations": [
                {"species": each.species, "a": _exact(each.a), "b": _exact(each.b), "c": _exact(each.c),
                 "source": each.source}
                for each in equations
            ],
            "strata": [_stratum(stratum) for stratum in strata],
        }
    ).decode()  # fmt: skip


def strata_of(body: str) -> tuple[Stratum, ...]:
    """The strata and plots that an inventory's body holds."""
    return tuple(
        Stratum(
            each["name"],
            Decimal(each["area_ha"]),
            Decimal(each["plot_area_m2"]),
            tuple(_plot_of(plot) for plot in each["plots"]),
        )
        for each in json.loads(body)["strata"]
    )


def equations_of(body: str) -> tuple[Equation, ...]:
    return tuple(
        Equation(each["species"], Decimal(each["a"]), Decimal(each["b"]), Decimal(each["c"]), each["source"])
        for each in json.loads(body)["equations"]
    )


def report_body(
    project: str,
    number: int,
    corrects: int | None,
    period: tuple[date, date],
    inventories: Sequence[str],
    method: Method,
    parameters: Parameters,
    change: Change,
    stocks: Sequence[SpeciesStock],
    account: Account,
) -> str:
    """A monitoring report: what it was made from (by SHA-256), every parameter, every result."""
    return canonical(
        {
            "v": VERSION,
            "project": project,
            "number": number,
            **({"corrects": corrects} if corrects else {}),
            "period": {"start": period[0].isoformat(), "end": period[1].isoformat()},
            "inventories": list(inventories),
            "method": _method(method),
            "parameters": _version(parameters),
            "species": [_species(parameters, key) for key in sorted({stock.species for stock in stocks})],
            "stocks": [_stock(stock) for stock in stocks],
            "change": _change(change),
            "account": _account(account),
        }
    ).decode()


def deductions_of(body: str) -> Deductions:
    """What a report subtracted, as it was entered."""
    kept = json.loads(body)["account"]
    baseline, leakage, emissions = (
        Stated(Decimal(kept[name]["t"]), kept[name]["evidence"])
        for name in ("baseline", "leakage", "emissions")
    )
    return Deductions(baseline, leakage, emissions, Decimal(kept["buffer_pct"]))


def _exact(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown(value: Decimal) -> str:
    """Fifteen significant digits: what any other reader of floating-point numbers can compare with."""
    return _exact(_SHOWN.plus(value))


def _version(parameters: Parameters) -> dict[str, Any]:
    return {"version": parameters.version, "sha256": dict(sorted(parameters.digests.items()))}


def _stratum(stratum: Stratum) -> dict[str, Any]:
    return {
        "name": stratum.name,
        "area_ha": _exact(stratum.area_ha),
        "plot_area_m2": _exact(stratum.plot_area_m2),
        "plots": [_plot(plot) for plot in stratum.plots],
    }


def _plot(plot: Plot) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "name": plot.name,
        "m3_per_ha": [[species, _exact(volume)] for species, volume in plot.volumes],
    }
    if plot.trees:
        kept["trees"] = [
            [t.species, _exact(t.dbh), _exact(t.height) if t.height else "", _exact(t.volume), t.is_given]
            for t in plot.trees
        ]
    return kept


def _plot_of(kept: dict[str, Any]) -> Plot:
    return Plot(
        kept["name"],
        tuple((species, Decimal(volume)) for species, volume in kept["m3_per_ha"]),
        tuple(
            Tree(species, Decimal(dbh), Decimal(height) if height else None, Decimal(volume), bool(is_given))
            for species, dbh, height, volume, is_given in kept.get("trees", [])
        ),
    )


def _species(parameters: Parameters, key: str) -> dict[str, Any]:
    species = parameters.of(key)
    return {
        "key": key,
        "D": _exact(species.density.value),
        "BEF": _exact(species.expansion.value),
        "R": _exact(species.root_shoot.value),
        "CF": _exact(species.carbon_fraction.value),
        "tco2_per_m3": shown(species.co2_per_m3),
        "confidence": [figure.confidence for figure in species.figures],
    }


def _method(method: Method) -> dict[str, Any]:
    return {
        "id": method.id,
        "confidence": _exact(method.confidence),
        "discount": "of_half_width" if method.discounts_half_width else "of_change",
        "bands": [[_exact(b.over), _exact(b.up_to), _exact(b.pct)] for b in method.bands],
        "buffer_pct": _exact(method.buffer_pct),
        "source": method.source.en,
        "status": method.status,
    }


def _stock(stock: SpeciesStock) -> dict[str, Any]:
    return {
        "stratum": stock.stratum,
        "species": stock.species,
        "m3_per_ha": shown(stock.volume_per_ha),
        "m3": shown(stock.volume),
        "t_biomass": shown(stock.biomass),
        "t_carbon": shown(stock.carbon),
        "t_co2": shown(stock.co2),
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "strata": [
            {
                "name": s.name,
                "area_ha": _exact(s.area_ha),
                "weight": shown(s.weight),
                "n": s.plots,
                "N": shown(s.possible_plots),
                "correction": shown(s.correction),
                "mean": shown(s.mean),
                "s": shown(s.deviation),
                "error": shown(s.error),
            }
            for s in estimate.strata
        ],
        "area_ha": _exact(estimate.area_ha),
        "n": estimate.plots,
        "degrees": estimate.degrees,
        "t": _exact(estimate.t),
        "mean": shown(estimate.mean),
        "error": shown(estimate.error),
        "half_width": shown(estimate.half_width),
        "total": shown(estimate.total),
    }


def _change(change: Change) -> dict[str, Any]:
    parts = {"first": change.first, "second": change.second, "pairs": change.pairs}
    share = change.relative_pct
    return {
        "comparison": change.comparison.value,
        **{name: _estimate(part) for name, part in parts.items() if part is not None},
        "t_co2": shown(change.change),
        "half_width": shown(change.half_width),
        **({} if share is None else {"relative_pct": shown(share)}),
    }


def _account(account: Account) -> dict[str, Any]:
    deductions = account.deductions
    return {
        "discount_pct": _exact(account.band.pct),
        "discount": shown(account.discount),
        "baseline": _stated(deductions.baseline),
        "leakage": _stated(deductions.leakage),
        "emissions": _stated(deductions.emissions),
        "net": shown(account.exact_net),
        "net_g": account.net.grams,
        "buffer_pct": _exact(deductions.buffer_pct),
        "buffer_g": account.buffer.grams,
        "issuable_g": account.issuable.grams,
    }


def _stated(stated: Stated) -> dict[str, str]:
    return {"t": _exact(stated.amount), "evidence": stated.evidence}
