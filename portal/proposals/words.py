"""Proposals as people read them, with what the reader may say about each."""

from dataclasses import dataclass
from datetime import date

from portal.proposals import commands, queries
from portal.proposals.commands import Phrase
from portal.proposals.queries import ProposalView
from portal.proposals.rules import Verdict
from portal.web.guard import actor
from portal.web.i18n import _, day, word


@dataclass(frozen=True, slots=True)
class Shown:
    """A proposal with its title and lines in the reader's language; ``verdicts`` are the reader's to give."""

    id: str
    title: str
    lines: tuple[tuple[str, object], ...]
    proposal: ProposalView
    verdicts: tuple[Verdict, ...]


def shown(subject_id: str) -> list[Shown]:
    """What is proposed about one thing and waits."""
    return [show(each) for each in queries.about(subject_id) if each.verdict is None]


def show(proposal: ProposalView) -> Shown:
    act = commands.act_of(proposal.kind)
    lines = tuple((_(label), _written(value)) for label, value in act.lines(proposal.facts))
    return Shown(proposal.id, _(act.title), lines, proposal, _verdicts(proposal))


def _written(value: object) -> object:
    if isinstance(value, Phrase):
        return _(value.id)
    return day(value) if isinstance(value, date) else word(value)


def _verdicts(proposal: ProposalView) -> tuple[Verdict, ...]:
    if proposal.verdict is not None or not commands.act_of(proposal.kind).may(actor()):
        return ()
    if proposal.proposed_by == actor().id:
        return (Verdict.WITHDRAWN,)
    return (Verdict.ACCEPTED, Verdict.DECLINED)
