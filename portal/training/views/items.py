"""What questions ask of the server while they are answered: the total of a calculator scenario."""

from decimal import Decimal

from flask import render_template, request

from portal.training.forms.sandbox import sandbox
from portal.training.rules.items import Calculator
from portal.web.guard import open_to_all
from portal.web.page import page_blueprint

blueprint = page_blueprint("training_items", __name__)


@blueprint.get("/learn/scenarios/<model>/<version>")
@open_to_all
def total(model: str, version: str) -> dict[str, object]:
    """The total of what is typed at this moment, and the questions that it leads to. Nothing is kept."""
    prefix = request.args.get("prefix", "")
    task = Calculator(f"{model}/{version}", 0, Decimal(0))
    values = {name: request.args.getlist(name) for name in request.args if name.startswith(prefix)}
    box = sandbox(task, values, prefix)
    text = render_template("training/_total.html", box=box)
    return {"total": " ".join(text.split()), "asked": sorted(box.asked)}
