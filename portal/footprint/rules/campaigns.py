"""A campaign: what its organiser may ask, when it is open, and what its errors are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Self

from portal.footprint.rules.groups import NO_ANSWER
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.kernel.numbers import NotANumber, parse_decimal

TITLE_MAX, INVITATION_MAX, GROUP_MAX, QUESTION_MAX, OPTION_MAX = 80, 300, 40, 120, 40
MOST_GROUPS, MOST_QUESTIONS, MOST_OPTIONS, MOST_BANDS = 50, 5, 8, 5
LARGEST = 1_000_000
FORMS = ("short", "full")


class UnknownCampaign(NotFound):
    message = N_("We could not find this campaign. Open it with the whole link that you were given.")


class UnknownReceipt(NotFound):
    message = N_("No answers of this campaign belong to this code. Check it sign by sign.")


class TitleIsMissing(InvalidInput):
    message = N_("Give a title in at least one language.")


class TooLong(InvalidInput):
    message = N_("“%(text)s” is too long: use at most %(max)s characters.")


class DaysInWrongOrder(InvalidInput):
    message = N_("The last day must not be before the first.")


class AlreadyOver(InvalidInput):
    message = N_("The last day must not be in the past.")


class TooManyGroups(InvalidInput):
    message = N_("Give at most %(max)s sub-groups, one on each line.")


class GroupTwice(InvalidInput):
    message = N_("The sub-group “%(name)s” is there twice.")


class OneGroup(InvalidInput):
    message = N_("Give at least two sub-groups, or none.")


class BadQuestion(InvalidInput):
    """``number`` counts from 1."""

    message = N_("Question %(number)s cannot be asked like this.")


class TooFewOptions(BadQuestion):
    message = N_("Question %(number)s needs from 2 to %(max)s different choices, one on each line.")


class BadRange(BadQuestion):
    message = N_("Question %(number)s needs a smallest and a larger largest whole number.")


class UnknownGroup(InvalidInput):
    message = N_("Choose one of the sub-groups.")


class NotOffered(InvalidInput):
    """``number`` counts from 1."""

    message = N_("Choose one of the answers that are offered.")


class OutsideRange(NotOffered):
    message = N_("Give a whole number from %(low)s to %(high)s.")


class HasAnswers(Refused):
    message = N_("Somebody has already answered, so the campaign can no longer be changed.")


class NotOpen(Refused):
    message = N_("This campaign takes no answers now.")


class NotThisWay(Refused):
    """A state that cannot be left in this direction."""

    message = N_("This cannot be done with the campaign as it is now.")


class OtherCalculator(Refused):
    message = N_("These answers are for another calculator than the campaign’s. Start from its page.")


class CampaignState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


MOVES = frozenset(
    {
        (CampaignState.OPEN, CampaignState.CLOSED),
        (CampaignState.CLOSED, CampaignState.OPEN),
        (CampaignState.OPEN, CampaignState.WITHDRAWN),
        (CampaignState.CLOSED, CampaignState.WITHDRAWN),
    }
)


class Phase(StrEnum):
    """Where a campaign stands on a day."""

    BEFORE = "before"
    OPEN = "open"
    OVER = "over"
    WITHDRAWN = "withdrawn"


def phase(state: str, opens: date, closes: date, today: date) -> Phase:
    if state == CampaignState.WITHDRAWN:
        return Phase.WITHDRAWN
    if state == CampaignState.CLOSED or today > closes:
        return Phase.OVER
    return Phase.BEFORE if today < opens else Phase.OPEN


class Kind(StrEnum):
    """Nothing can be written freely, so that nothing personal can be."""

    CHOICE = "choice"
    WHOLE = "whole"
    YES_NO = "yes-no"


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """What an organiser asks besides the calculator. ``low`` and ``high`` bound a whole number."""

    text: Bilingual
    kind: Kind
    options: tuple[Bilingual, ...] = ()
    low: int = 0
    high: int = 0

    @property
    def cells(self) -> dict[str, Bilingual | tuple[int, int] | None]:
        """The cells its answers are sorted into: an option, a band of numbers, or None for yes and no."""
        if self.kind is Kind.CHOICE:
            return {str(place): option for place, option in enumerate(self.options)}
        if self.kind is Kind.YES_NO:
            return {"yes": None, "no": None}
        return {str(low): (low, min(low + self._width - 1, self.high)) for low in self._lows}

    def cell_of(self, answer: str) -> str:
        """Where a stored answer belongs; "" is no answer."""
        if not answer:
            return NO_ANSWER
        if self.kind is not Kind.WHOLE:
            return answer
        return str(self.low + (int(answer) - self.low) // self._width * self._width)

    @property
    def _width(self) -> int:
        return -(-(self.high - self.low + 1) // MOST_BANDS)

    @property
    def _lows(self) -> range:
        return range(self.low, self.high + 1, self._width)

    def taken(self, text: str, number: int) -> str:
        """A typed answer as it is stored; "" when there is none. Raises NotOffered, OutsideRange."""
        text = text.strip()
        if not text:
            return ""
        if self.kind is Kind.WHOLE:
            return self._whole(text, number)
        if text not in self.cells:
            raise NotOffered(number=number)
        return text

    def _whole(self, text: str, number: int) -> str:
        fault = OutsideRange(number=number, low=self.low, high=self.high)
        try:
            value = parse_decimal(text)
        except NotANumber:
            raise fault from None
        if value != value.to_integral_value() or not self.low <= value <= self.high:
            raise fault
        return str(int(value))

    def as_json(self) -> dict[str, Any]:
        return {
            "zh": self.text.zh, "en": self.text.en, "kind": self.kind.value,
            "low": self.low, "high": self.high,
            "options": [[option.zh, option.en] for option in self.options],
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        options = tuple(Bilingual(zh, en) for zh, en in data["options"])
        return cls(Bilingual(data["zh"], data["en"]), Kind(data["kind"]), options, data["low"], data["high"])


@dataclass(frozen=True, slots=True)
class Draft:
    """A campaign as its organiser asks for it; ``organisation_id``: for whom, if not for oneself."""

    model_id: str
    form: str
    title: Bilingual
    invitation: Bilingual
    opens: date
    closes: date
    audience: str = ""
    groups: tuple[str, ...] = ()
    questions: tuple[OwnQuestion, ...] = field(default=())
    is_private: bool = False
    organisation_id: str = ""


def check(draft: Draft, today: date) -> None:
    """Raises TitleIsMissing, TooLong, DaysInWrongOrder, AlreadyOver; for groups and questions their own."""
    if not (draft.title.zh or draft.title.en):
        raise TitleIsMissing()
    _short(TITLE_MAX, draft.title)
    _short(INVITATION_MAX, draft.invitation)
    if draft.closes < draft.opens:
        raise DaysInWrongOrder()
    if draft.closes < today:
        raise AlreadyOver()
    _check_groups(draft.groups)
    for number, question in enumerate(draft.questions, 1):
        _check_question(question, number)
    if len(draft.questions) > MOST_QUESTIONS or draft.form not in FORMS:
        raise InvalidInput()


def _short(most: int, *texts: Bilingual) -> None:
    for text in (side for both in texts for side in (both.zh, both.en)):
        if len(text) > most:
            raise TooLong(text=text[:20] + "…", max=most)


def _check_groups(groups: Sequence[str]) -> None:
    if len(groups) == 1:
        raise OneGroup()
    if len(groups) > MOST_GROUPS:
        raise TooManyGroups(max=MOST_GROUPS)
    for name in groups:
        _short(GROUP_MAX, Bilingual(name, ""))
        if groups.count(name) > 1:
            raise GroupTwice(name=name)


def _check_question(question: OwnQuestion, number: int) -> None:
    if not (question.text.zh or question.text.en):
        raise BadQuestion(number=number)
    _short(QUESTION_MAX, question.text)
    _short(OPTION_MAX, *question.options)
    different = {(option.zh, option.en) for option in question.options}
    if question.kind is Kind.CHOICE and not 2 <= len(different) == len(question.options) <= MOST_OPTIONS:
        raise TooFewOptions(number=number, max=MOST_OPTIONS)
    if question.kind is Kind.WHOLE and not -LARGEST <= question.low < question.high <= LARGEST:
        raise BadRange(number=number)


def taken_extras(questions: Sequence[OwnQuestion], texts: Sequence[str]) -> tuple[str, ...]:
    """The answers to the organiser's questions. Raises NotOffered, OutsideRange."""
    if len(texts) != len(questions):
        raise InvalidInput()
    return tuple(q.taken(text, n) for n, (q, text) in enumerate(zip(questions, texts, strict=True), 1))
