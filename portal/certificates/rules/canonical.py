"""Canonical N-Quads (RDFC-1.0), with an end to how much work a stranger's graph may cause.

Blank nodes that look alike are told apart by trying every order of them, which grows as the factorial: a file
of 945 characters can cost nine seconds, a longer one days. So each step is counted, and whoever asks for more
than any credential needs is refused. The algorithm is PyLD's; contexts are read by the caller's loader alone.
"""

from collections.abc import Callable, Mapping
from math import factorial
from threading import Lock
from typing import Any, Final

from pyld import jsonld
from pyld.canon import URDNA2015

from portal.kernel.errors import N_, InvalidInput

MOST_STEPS: Final = 2_000
MOST_BLANK_NODES: Final = 200
# PyLD keeps the contexts it has read in caches that threads must not share.
_ONE_AT_A_TIME: Final = Lock()


class TooTangled(InvalidInput):
    message = N_("This file is built so that checking it would take forever. It was not checked.")


class Canonical(URDNA2015):  # type: ignore[misc]
    """The canonical form of one graph. ``steps`` counts the orders of blank nodes there are to try."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0

    def hash_first_degree_quads(self, id_: str) -> str:
        if len(self.blank_node_info) > MOST_BLANK_NODES:
            raise TooTangled()
        return str(super().hash_first_degree_quads(id_))

    def create_hash_to_related(self, id_: str, issuer: object) -> dict[str, list[str]]:
        """Comes before every trial of orders, so that what cannot be paid for is never begun."""
        related: dict[str, list[str]] = super().create_hash_to_related(id_, issuer)
        self.steps += sum(factorial(min(len(alike), 20)) for alike in related.values())
        if self.steps > MOST_STEPS:
            raise TooTangled()
        return related


def canonical(
    document: Mapping[str, Any],
    load: Callable[..., dict[str, Any]],
    refuse: Callable[[object], None],
) -> str:
    """The document as sorted N-Quads. ``refuse`` is told of every word that no context explains.

    Raises TooTangled, jsonld.JsonLdError, and the errors of Python where a document is not JSON-LD.
    """
    options = {"documentLoader": load, "produceGeneralizedRdf": False}
    with _ONE_AT_A_TIME:
        graph = jsonld.JsonLdProcessor(on_property_dropped=refuse).to_rdf(document, options)
    return str(Canonical().main(graph, {"format": "application/n-quads"}))
