"""Whether it was withdrawn since: by our own lists, or by an issuer's that were handed in."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from portal.certificates.rules import lists
from portal.certificates.rules.credential import LIST_BITS, Issuer, Purpose, list_address
from portal.certificates.rules.inspection.dates import dates_of, period
from portal.certificates.rules.inspection.handed import ALONE, Answer, Beside, Finding, Handed
from portal.certificates.rules.inspection.signatures import signature
from portal.certificates.rules.integrity import NotACredential
from portal.kernel.errors import N_


def status(
    handed: Handed,
    own: Issuer,
    is_set: Callable[[Purpose, int], bool],
    now: datetime,
    beside: Beside = ALONE,
) -> Finding:
    """Whether it was withdrawn since. ``is_set`` asks for the bit of a place in the portal's own lists; of
    other issuers the lists that were handed in are asked."""
    entries = handed.document.get("credentialStatus", [])
    entries = entries if isinstance(entries, list) else [entries]
    if not entries:
        return Finding(Answer.UNKNOWN, N_("It names no list of withdrawn credentials."))
    if handed.issuer_id != own.did:
        return _worst([_by_list(entry, handed.issuer_id, own, beside, now) for entry in entries])
    places = [_place(entry, own) for entry in entries]
    if None in places:
        return Finding(Answer.UNKNOWN, N_("It names a list that is not this portal’s."))
    # A badge names one list; a place is the same in both, and who asks here is told of both.
    withdrawn = {purpose for place in places for purpose in Purpose if place and is_set(purpose, place[1])}
    for purpose in Purpose:
        if purpose in withdrawn:
            return Finding(Answer.NO, _WITHDRAWN[purpose])
    return Finding(Answer.YES, N_("It was not withdrawn."))


_WITHDRAWN: Final = {
    Purpose.REVOCATION: N_("It was withdrawn or replaced."),
    Purpose.SUSPENSION: N_("It is under review at present."),
}
_FROM_WORST: Final = (Answer.NO, Answer.UNKNOWN, Answer.ON_TRUST, Answer.YES)


def _worst(findings: Sequence[Finding]) -> Finding:
    return min(findings, key=lambda finding: _FROM_WORST.index(finding.answer))


def _by_list(told: object, issuer_id: str, own: Issuer, beside: Beside, now: datetime) -> Finding:
    """What one entry's list says, where that list was handed in and is the issuer's."""
    entry = lists.entry_of(told)
    if entry is None:
        return Finding(
            Answer.UNKNOWN,
            N_("Its status is kept in a way that is not read here. Bitstring Status Lists are."),
        )
    found = next((each for each in beside.lists if each.document.get("id") == entry.address), None)
    if found is None:
        return Finding(
            Answer.UNKNOWN,
            N_("The issuer’s list stands at %(where)s, and nothing is fetched: hand in that file as well."),
            {"where": entry.address[:200]},
        )
    if found.issuer_id != issuer_id:
        return Finding(Answer.UNKNOWN, N_("The list that was handed in is not by the issuer of the badge."))
    signed = signature(found, own, beside.keys)
    if signed.answer not in (Answer.YES, Answer.ON_TRUST):
        return Finding(
            Answer.UNKNOWN,
            N_("The list that was handed in says nothing: that the issuer signed it could not be shown."),
        )
    try:
        is_withdrawn = lists.is_set(found.document, entry)
    except NotACredential as refusal:
        return Finding(
            Answer.UNKNOWN,
            N_("The list that was handed in cannot be read (%(why)s)."),
            {"why": str(refusal.params.get("why", ""))},
        )
    return _by_bit(entry.purpose, is_withdrawn, found, now, signed.answer)


def _by_bit(purpose: Purpose, is_withdrawn: bool, found: Handed, now: datetime, trust: Answer) -> Finding:
    """A withdrawal is for good, whatever the list's age; that there is none holds for the list's own days."""
    dated = period(found, now)
    if is_withdrawn and (purpose is Purpose.REVOCATION or dated.answer is Answer.YES):
        return Finding(Answer.NO, _WITHDRAWN[purpose])
    if dated.answer is not Answer.YES:
        return Finding(
            Answer.UNKNOWN,
            N_("The list that was handed in is not of today: get it anew from the issuer and hand it in."),
        )
    since, _until = dates_of(found)
    return Finding(
        trust,
        N_("By the issuer’s list of %(day)s it was not withdrawn. What was decided later is not known here."),
        {"day": since.date().isoformat() if since else "–"},
    )


def _place(entry: object, own: Issuer) -> tuple[Purpose, int] | None:
    """The list's purpose and the place in all of its lists together; None where it is no list of ours."""
    if not isinstance(entry, Mapping):
        return None
    purpose, index = str(entry.get("statusPurpose")), str(entry.get("statusListIndex"))
    address = str(entry.get("statusListCredential"))
    number = address.rpartition("/")[2]
    if purpose not in set(Purpose) or not all(each.isascii() and each.isdigit() for each in (number, index)):
        return None
    if len(number) > 5 or int(index[:9]) >= LIST_BITS or len(index) > 9:
        return None
    if address != list_address(own.base_url, Purpose(purpose), int(number)):
        return None
    return Purpose(purpose), int(number) * LIST_BITS + int(index)
