"""What a visitor or a program can be told about answers, and what is wrong with a model file."""

from portal.kernel.errors import N_, InvalidInput, NotFound


class UnknownModel(NotFound):
    message = N_("There is no such calculator.")


class UnknownVersion(InvalidInput):
    message = N_("This calculator has no version %(version)s.")


class NotComparable(InvalidInput):
    message = N_("Only results of one calculator can be compared, the older version first.")


class UnknownFootprint(NotFound):
    message = N_("We could not find this footprint. Open it with the whole link that you were given.")


class UnknownRegion(InvalidInput):
    message = N_("“%(region)s” is not the administrative code of a region we know, such as 230700.")


class UnknownYear(InvalidInput):
    message = N_("There are no factors of the year %(year)s; there are those of %(years)s.")


class UnknownAudience(InvalidInput):
    message = N_("This calculator has no version for “%(audience)s”.")


class LabelTooLong(InvalidInput):
    message = N_("Please shorten the label to 80 characters.")


class BadAnswer(InvalidInput):
    """An answer cannot be taken. ``key`` names the question for programs, ``question`` for people.

    The message itself does not repeat the question: it stands beside it.
    """

    message = N_("Please check this answer.")


class UnknownAnswer(BadAnswer):
    message = N_("“%(key)s” is not a question of this calculator.")


class NotAPlainNumber(BadAnswer):
    message = N_("Write a number with digits, for example 80 or 1.5.")


class NotAWholeNumber(BadAnswer):
    message = N_("Write a whole number.")


class OutOfRange(BadAnswer):
    message = N_("The answer must be between %(low)s and %(high)s %(unit)s.")


class NotAnOption(BadAnswer):
    message = N_("Choose one of the options.")


class NothingGiven(BadAnswer):
    message = N_("Give an answer, or choose “I don’t know”.")


class SharesIncomplete(BadAnswer):
    message = N_("Fill in all of the shares, or none of them.")


class SharesDoNotAddUp(BadAnswer):
    message = N_("The shares must add up to 100 %%, not %(sum)s %%.")


class UnknownFactor(BadAnswer):
    message = N_("“%(key)s” is not a factor of this calculator.")


class FactorOutOfBand(BadAnswer):
    message = N_("Your own factor must be between %(low)s and %(high)s %(unit)s.")


class ModelFault(Exception):
    """A model may not be used. ``faults`` lists everything that is wrong, one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))
