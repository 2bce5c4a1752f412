"""A result on paper: PDF in the page's language, made when asked for (docs/decisions/0028)."""

from collections import OrderedDict
from threading import Lock

import segno
from flask import Response, current_app, render_template

from portal.footprint import queries
from portal.footprint.letters import result_url
from portal.footprint.rules.model import Model
from portal.footprint.rules.stored import Footprint
from portal.footprint.views.pages import blueprint
from portal.footprint.views.results import basis_of, model_of, outlook, wording
from portal.footprint.views.words import confidence_words
from portal.kernel.clock import text_of
from portal.web import limits, press
from portal.web.guard import actor, open_to_all
from portal.web.i18n import lang
from portal.web.pdf import FOOTPRINT

_MOST_KEPT = 32
_SECONDS = 25.0  # five pages of lines and factors; about two on an idle machine
_keeping = Lock()


@blueprint.get("/footprints/<footprint_id>.pdf")
@open_to_all
@limits.limited("30/hour")
def paper(footprint_id: str) -> Response:
    """Raises NoPango and its kin: 503 with the line that installs what is missing."""
    footprint = queries.footprint(actor(), footprint_id)
    answer = Response(_printed(footprint), content_type="application/pdf")
    name = f"{footprint.model_id}-{footprint.created_at:%Y-%m-%d}-{footprint.id[-6:]}.pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


def _printed(footprint: Footprint) -> bytes:
    """Printed once while it is among the last few: the same footprint gives the same bytes."""
    kept: OrderedDict[tuple[str, str], bytes] = current_app.extensions.setdefault(
        "portal.footprint_papers", OrderedDict()
    )
    name = (footprint.id, lang())
    pdf = kept.get(name)
    if pdf is None:
        model = model_of(footprint)
        pdf = press.shared().print(
            lay_out(footprint, model), footprint.created_at, design=FOOTPRINT, seconds=_SECONDS
        )
        with _keeping:
            kept[name] = pdf
            while len(kept) > _MOST_KEPT:
                kept.popitem(last=False)
    return pdf


def lay_out(footprint: Footprint, model: Model) -> str:
    """The HTML for the press, in the page's language."""
    seen, address = outlook(footprint, model), result_url(footprint.id, lang())
    compiled = basis_of(footprint, model).compiled
    straight = [key for key in footprint.answers if model.questions[key].expert]
    used = frozenset().union(*(compiled.uses(line.rule, straight) for line in footprint.lines if line.grams))
    return render_template(
        "footprint/pdf_footprint.html",
        footprint=footprint,
        model=model,
        seen=seen,
        factors=[factor for name, factor in seen.place.factors.items() if name in used or factor.is_own],
        confidence_words=confidence_words(),
        at=text_of(footprint.created_at),
        address=address,
        qr=segno.make(address, error="m").png_data_uri(scale=1, border=0),
        **wording(footprint, model),
    )
