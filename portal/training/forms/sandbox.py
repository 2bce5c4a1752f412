"""The portal's calculator inside a question: its own questions, its own total, and nothing that is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from portal.footprint.forms import PREFIX, Sheet, Step, question_form
from portal.footprint.rules.errors import BadAnswer
from portal.footprint.rules.model import Model
from portal.footprint.rules.results import estimate
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import PortalError
from portal.kernel.mass import Mass
from portal.training.forms.responses import QUESTION, REGION
from portal.training.rules.items import Calculator
from portal.training.rules.scenarios import model_of
from portal.web.forms import PortalForm


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What the page shows of a scenario: places to pick from, what is asked, and the total so far.

    ``steps`` are those of the calculator's short form and those that solve the scenario; ``asked`` names by
    their first question those of all steps that concern this case as it is answered now.
    """

    model: Model
    region: str
    places: tuple[tuple[str, Bilingual], ...]
    steps: tuple[Step, ...]
    asked: frozenset[str]
    form: PortalForm
    total: Mass | None


def sandbox(
    task: Calculator, values: Mapping[str, list[str]], prefix: str, fault: PortalError | None = None
) -> Sandbox:
    """From the fields as they stand on the page; what does not hold is shown with its fault."""
    model = model_of(task)
    texts = {name: texts[0].strip() for name, texts in values.items() if texts}
    places = tuple(sorted((code, overlay.title) for code, overlay in model.overlays.items()))
    region = texts.get(prefix + REGION, "")
    sheet = Sheet.read(
        model,
        [
            (PREFIX + name.removeprefix(prefix + QUESTION), text)
            for name, text in texts.items()
            if name.startswith(prefix + QUESTION)
        ],
        region,
        form="full",
    )
    is_known = region in dict(places)
    blamed = fault if isinstance(fault, BadAnswer) else sheet.fault
    steps = tuple(step for step in model.steps if _is_needed(task, step))
    typed = {key: text for name, text in texts.items() if (key := name.removeprefix(prefix + QUESTION))}
    return Sandbox(
        model=model,
        region=region if is_known else "",
        places=places,
        steps=steps,
        asked=frozenset(step[0].key for step in sheet.steps),
        form=question_form(chain.from_iterable(steps), typed, prefix + QUESTION, blamed),
        total=Mass(estimate(model, region, sheet.given).total_g) if is_known else None,
    )


def _is_needed(task: Calculator, step: Step) -> bool:
    solving = {key for key, _ in task.answers} | {choice.partition("=")[0] for choice in task.factors}
    return any(question.express or question.key in solving for question in step)
