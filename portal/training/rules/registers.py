"""Register scenarios: sandbox copies of projects, judged by the rules of the portal's own registry.

A case says what is out of the ordinary about a project; whatever it does not say is in order. Nothing of the
register is read or written. The author's word counts where a project has no case, and nowhere else.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from portal.kernel.errors import N_, InvalidInput, PortalError, Refused
from portal.kernel.mass import Mass
from portal.registry.rules.accounts import InDebt, NoSerialsForType, NotApproved
from portal.registry.rules.eligibility import Answer, Finding, Rule, Rules, all_rules, assess, yes_no
from portal.registry.rules.ledger import ProjectType, check_issuing
from portal.registry.rules.lifecycle import LikenessOpen, ProjectState, check_standing
from portal.training.rules.items import Register, RegisterCase, RegisterProject
from portal.training.rules.packs.faults import RuleUnknown, VerdictDenied, VerdictDiffers, WordUnknown

_SANDBOX: Final = "sandbox"  # where the answers of a case come from


class RuleNotMet(Refused):
    message = N_("The register’s rule is not met: %(ask)s %(why)s")


def may_issue(project: RegisterProject) -> bool:
    """Whether the registry would let it issue; what the author says where no rule speaks."""
    return project.may_issue if project.case is None else refusal(project.case) is None


def refusal(case: RegisterCase) -> PortalError | None:
    """Why the registry would not let this project issue, in its own words; None where it would.

    A case that cannot be read is refused for what is wrong with it.
    """
    if unknown := next(_unknown(case), None):
        return unknown
    try:
        _check(case)
    except PortalError as reason:
        return reason
    return None


def register_faults(scenario: Register) -> Iterator[PortalError]:
    """What a case says that the registry does not know, and an author's word that is not the registry's."""
    for number, project in enumerate(scenario.projects, start=1):
        if project.case is None:
            continue
        reason = refusal(project.case)
        if isinstance(reason, InvalidInput):
            yield from list(_unknown(project.case)) or [reason]
        elif (reason is None) is not project.may_issue:
            yield (VerdictDenied if project.may_issue else VerdictDiffers)(number=number)


def newer_rules(case: RegisterCase) -> tuple[str, str] | None:
    """The rules that a case was written for and the newest of their kind, where these differ."""
    rules = _rules(case.rules)
    if rules is None:
        return None
    newest = max((each for each in all_rules() if each.id == rules.id), key=lambda each: int(each.version))
    return None if newest is rules else (case.rules, f"{newest.id}/{newest.version}")


def _check(case: RegisterCase) -> None:
    """In the order in which the registry asks. Raises what it raises."""
    kind = ProjectType(case.type)
    if not case.is_approved:
        raise NotApproved()
    if kind is ProjectType.OTHER:
        raise NoSerialsForType()
    check_standing(kind, ProjectState(case.state))
    if case.overlaps:
        raise LikenessOpen()
    if case.owes:
        raise InDebt()
    _check_eligible(case)
    if case.asks is not None:
        verified, buffer, asked = (Mass.t(amount or 0) for amount in (case.verified, case.buffer, case.asks))
        check_issuing(verified, buffer, Mass(0), asked)


def _check_eligible(case: RegisterCase) -> None:
    rules = _rules(case.rules)
    if rules is None:
        return
    given, begun = dict(case.answers), date.fromisoformat(case.begun) if case.begun else None
    answers = {rule.id: _answer(rule, given.get(rule.id) or _in_order(rule)) for rule in rules.rules}
    for each in assess(rules, answers, begun)[1]:
        if each.finding is not Finding.MET:
            raise RuleNotMet(ask=each.rule.ask, why=each.rule.why)


def _answer(rule: Rule, value: str) -> Answer:
    return Answer(value, _SANDBOX, document_kind=rule.needs_document)


def _in_order(rule: Rule) -> str:
    """The answer of a project that meets the rule."""
    if rule.wants is not None:
        return yes_no(rule.wants)
    earlier = rule.low_begun_by[1] if rule.low_begun_by else rule.low
    lows = [each for each in (rule.low, earlier) if each is not None]
    return f"{max(lows) if lows else rule.high or 0:f}"


def _rules(name: str) -> Rules | None:
    return next((each for each in all_rules() if f"{each.id}/{each.version}" == name), None)


def _unknown(case: RegisterCase) -> Iterator[PortalError]:
    for word, words in ((case.type, ProjectType), (case.state, ProjectState)):
        if word not in list(words):
            yield WordUnknown(word=word[:40], words=", ".join(words))
    rules = _rules(case.rules)
    if rules is None and (case.rules or case.answers):
        yield RuleUnknown(key=case.rules[:40])
    known = {rule.id for rule in rules.rules} if rules else set()
    yield from (RuleUnknown(key=key[:40]) for key, _ in case.answers if rules and key not in known)
