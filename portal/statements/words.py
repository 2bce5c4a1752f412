"""Stages and reminders in the reader's language."""

from portal.kernel.errors import N_
from portal.statements.rules.plans import Stage, State
from portal.web.i18n import _

# The way to a statement, in its order.
WAY = (Stage.PLANNED, Stage.HELD, Stage.FROZEN, Stage.BALANCED, Stage.DECLARED)
_STEPS = {
    Stage.PLANNED: N_("Plan of the event"),
    Stage.HELD: N_("The event itself"),
    Stage.FROZEN: N_("Actual inventory"),
    Stage.BALANCED: N_("Retirement"),
    Stage.DECLARED: N_("Declaration"),
}
_STATES = {
    State.PUBLISHED: (N_("Plan published"), "wait"),
    State.DECLARED: (N_("Declared"), "good"),
    State.LAPSED: (N_("Has lapsed"), "bad"),
    State.WITHDRAWN: (N_("Withdrawn"), "bad"),
}


def way() -> list[str]:
    """The five steps in words."""
    return [_(_STEPS[stage]) for stage in WAY]


def place_on_way(stage: Stage) -> int:
    """Where a statement stands: the step that is to be done next, counted from one; 6 when all are done."""
    if stage is Stage.DECLARED:
        return len(WAY) + 1
    return WAY.index(stage) + 2 if stage in WAY else 1


def state_word(state: State) -> tuple[str, str]:
    """A state in a word, and the tone of its tag."""
    text, tone = _STATES[state]
    return _(text), tone
