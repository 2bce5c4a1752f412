"""Why an address or a title is put right, and when it cannot be."""

from typing import Final

from portal.kernel.errors import N_, InvalidInput, Refused

REASON_MAX: Final = 200


class CorrectionReasonMissing(InvalidInput):
    message = N_("Say why it is corrected, without names or addresses: the reason is kept for good.")


class NothingCorrected(Refused):
    message = N_("This is what stands there already.")


class BuyerIsForgotten(Refused):
    message = N_("The buyer’s data are forgotten, so there is nothing to correct.")


class FapiaoIsIssued(Refused):
    message = N_(
        "This fapiao is issued already. A wrong title is put right at the tax office, by a red-letter fapiao."
    )


def checked_reason(reason: str) -> str:
    """Itself, trimmed. Raises CorrectionReasonMissing."""
    if not 0 < len(reason.strip()) <= REASON_MAX:
        raise CorrectionReasonMissing()
    return reason.strip()
