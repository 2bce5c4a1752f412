"""What the registry refuses, by name."""

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused, Unavailable


class SellingStopped(Unavailable):
    message = N_(
        "The last audit of the ledger found a fault, so selling is paused until it is explained. "
        "Reading goes on."
    )


class UnknownLot(NotFound):
    message = N_("There is no lot %(code)s.")


class UnknownProject(NotFound):
    message = N_("There is no project %(code)s.")


class UnknownSerial(NotFound):
    message = N_("The serial %(serial)s is not in this register.")


class RetirementRecordUsed(Refused):
    message = N_("The retirement record %(reference)s already backs a lot.")


class NotEnoughAtSource(Refused):
    message = N_("The serial %(serial)s has only %(left)s that are still held.")


class TypeNotSoldHere(Refused):
    message = N_("Credits of this project type are registered here but not sold.")


class ImportRefused(Refused):
    message = N_("%(refused)s of %(rows)s rows were refused, so nothing was imported.")


class BadEvidence(InvalidInput):
    message = N_("Give the retirement record's file or its web address.")


class BadQuery(InvalidInput):
    message = N_("“%(name)s” must be a whole number.")


class NotConfirmed(InvalidInput):
    message = N_("Confirm that the text in the preview is readable, or save the file as UTF-8.")


class EvidenceNotAccepted(InvalidInput):
    message = N_(
        "Give the retirement record as PDF, PNG, JPEG or text of at most 10 MB, or an https:// address."
    )


class LotCodeTaken(Refused):
    message = N_("There is already a lot %(code)s.")


class UnknownWitness(NotFound):
    message = N_("No witness of this log has signed here.")


class WitnessTaken(Refused):
    message = N_("This witness takes part already.")


class BadCosignature(InvalidInput):
    """``why`` is for witnesses, in English."""

    message = N_("This is not a signature of a witness under a checkpoint of this log: %(why)s.")


class UnknownRecord(NotFound):
    message = N_("There is no such record in the log.")


class ReadOnly(Unavailable):
    message = N_(
        "The portal can only be read at the moment: its database is older than the log that was already "
        "published. Nothing is lost; please come back later."
    )
