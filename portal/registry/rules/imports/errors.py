"""What can be wrong with a file, with a mapping of columns, and with a row, by name."""

from portal.kernel.errors import N_, InvalidInput, NotFound, PortalError, Refused

# ── a file as a whole ──────────────────────────────────────────────────────────────────────────


class UnreadableFile(InvalidInput):
    message = N_("This file is neither UTF-8 nor GB18030 text. Please save it in UTF-8.")


class FileTooLarge(InvalidInput):
    message = N_("This file is too large. Split it into files of at most %(rows)s rows.")


class OldExcelFile(InvalidInput):
    message = N_("This is an old Excel file (.xls). Save it as .xlsx or CSV.")


class BrokenExcelFile(InvalidInput):
    message = N_("This Excel file cannot be opened. Save it again as .xlsx, without a password, or as CSV.")


class WrongHeader(InvalidInput):
    message = N_("This is not an export of %(registry)s: the column “%(column)s” is missing.")


class DoubleColumn(InvalidInput):
    message = N_("The column “%(column)s” occurs twice.")


class NoStatusColumn(InvalidInput):
    message = N_(
        "No column of this file says which units are retired or still active: neither %(columns)s is there."
    )


class NoRows(InvalidInput):
    message = N_("There are no rows in this file.")


# ── a mapping of columns ───────────────────────────────────────────────────────────────────────


class UnknownLayout(NotFound):
    message = N_("No registry and no saved column mapping is called %(name)s.")


class LayoutNameTaken(Refused):
    message = N_("The name %(name)s belongs to a registry the portal knows. Choose another one.")


class BadLayoutName(InvalidInput):
    message = N_("Use small letters, digits and hyphens, beginning with a letter, at most 40 characters.")


class RoleUnmapped(InvalidInput):
    message = N_("Say which column holds this, or give one value for all rows.")


class NoSerialMapped(InvalidInput):
    message = N_("Say which column holds the serial, or which two hold the first and the last unit.")


class HalfARange(InvalidInput):
    message = N_("The first and the last unit need a column each.")


class NoQuantityMapped(InvalidInput):
    message = N_("Say which column holds the quantity: it is compared with every serial.")


class NoStateMapped(InvalidInput):
    message = N_(
        "Say which column tells the state of the units or the day of their retirement: "
        "only units known to be active may stand behind a lot."
    )


class ColumnUsedTwice(InvalidInput):
    message = N_("The column “%(column)s” is used for two things.")


class WordInTwoStates(InvalidInput):
    message = N_("The word “%(word)s” cannot mean two states.")


class NoStateWords(InvalidInput):
    message = N_("Say which words in the state column mean that units are active.")


# ── a row ──────────────────────────────────────────────────────────────────────────────────────


class BrokenRow(InvalidInput):
    message = N_("This row cannot be read: a quotation mark is open or misplaced, or a cell is far too long.")


class NulCharacter(InvalidInput):
    message = N_("This row has an invisible NUL character.")


class CellTooLong(InvalidInput):
    message = N_("The text in “%(column)s” is too long.")


class WrongCellCount(InvalidInput):
    message = N_("This row has %(cells)s cells, the header has %(columns)s.")


class NotText(InvalidInput):
    message = N_("A cell holds %(text)s where a number or a text is wanted.")


class MissingValue(InvalidInput):
    message = N_("“%(column)s” is empty.")


class FormulaCell(InvalidInput):
    message = N_("“%(column)s” begins with “=”: it is a formula, not a value.")


class NotAQuantity(InvalidInput):
    message = N_("“%(text)s” in “%(column)s” is not a whole number of tonnes.")


class NotADay(InvalidInput):
    message = N_("“%(text)s” in “%(column)s” is not a date.")


class NotAVintage(InvalidInput):
    message = N_("“%(text)s” in “%(column)s” is neither a year nor a period.")


class QuantityDiffers(InvalidInput):
    message = N_("The quantity is %(quantity)s, but the serial has %(count)s units.")


class ProjectDiffers(InvalidInput):
    message = N_("The row names project %(row)s, the serial project %(serial)s.")


class VintageDiffers(InvalidInput):
    message = N_("The vintage of the row is not the vintage in the serial.")


class HalfRetired(InvalidInput):
    message = N_("“%(column)s” is filled, but there is no date of retirement.")


class UnknownStatus(InvalidInput):
    message = N_("“%(text)s” in “%(column)s” is not a state we know: it says neither active nor retired.")


class StatusContradicts(InvalidInput):
    message = N_("The row is called active, but “%(column)s” has a date.")


class NotARange(InvalidInput):
    message = N_("“%(first)s” and “%(last)s” are not the two ends of one range.")


class UnwritableSerial(InvalidInput):
    message = N_(
        "“%(text)s” cannot be a serial: it has no digit, is longer than 200 characters, "
        "or has signs that no serial has."
    )


class SerialOfAnotherRegistry(InvalidInput):
    message = N_("“%(text)s” is a serial of %(registry)s. Import it as an export of that registry.")


class RepeatedSerial(InvalidInput):
    message = N_("This serial is already in row %(row)s.")


class OverlapsRow(InvalidInput):
    message = N_("This serial shares units with row %(row)s.")


class OverlapsRegistered(InvalidInput):
    message = N_("This serial shares units with %(serial)s, which is registered here.")


class RegisteredElsewhere(InvalidInput):
    message = N_(
        "The same serial is registered here as a serial of %(registry)s. If these are other units, "
        "give the column mapping a prefix that tells the two apart."
    )


class MoreThanVintage(PortalError):
    message = N_("The quantity is more than the whole vintage has.")


class RetiredBeforeIssued(PortalError):
    message = N_("It was retired before it was issued.")


class RetiredSince(PortalError):
    message = N_("It is registered here as not retired, and the source says it is retired now.")


class NotRetiredAnyMore(PortalError):
    message = N_("It is registered here as retired, and the source says it is not.")


class NotIssuedHere(InvalidInput):
    message = N_(
        "No unit of this serial was issued here. Units of our own register are issued, never imported."
    )
