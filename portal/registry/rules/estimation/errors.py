"""What an inventory, an estimate or an account refuses, by name."""

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused

# ── a file ─────────────────────────────────────────────────────────────────────────────────────


class ColumnMissing(InvalidInput):
    message = N_("A column is missing: %(column)s. The file has: %(found)s.")


class ColumnTwice(InvalidInput):
    message = N_("Two columns mean the same: “%(first)s” and “%(second)s”. Keep one of them.")


class UnitMissing(InvalidInput):
    message = N_("“%(column)s” must say its unit in the heading, for example “%(example)s”.")


class UnitUnknown(InvalidInput):
    message = N_("“%(column)s” has the unit “%(unit)s”, which is not known. Use one of: %(units)s.")


class TooManyRows(InvalidInput):
    message = N_("This file has more than %(rows)s rows.")


class NothingMeasured(InvalidInput):
    message = N_("There is no row with a measurement in this file.")


# ── a row ──────────────────────────────────────────────────────────────────────────────────────


class CellEmpty(InvalidInput):
    message = N_("“%(column)s” is empty.")


class CellIsFormula(InvalidInput):
    message = N_("“%(column)s” begins with “=”: it is a formula, not a value.")


class CellNotANumber(InvalidInput):
    message = N_(
        "“%(text)s” in “%(column)s” is not a number. Write digits only, the unit goes into the heading."
    )


class CellOutOfRange(InvalidInput):
    message = N_("“%(column)s” is %(value)s; it must be from %(low)s to %(high)s.")


class SpeciesUnknown(InvalidInput):
    message = N_(
        "The species “%(name)s” is in no group that has parameters. Write one of the groups instead, "
        "for example 阔叶混 (mixed broadleaf)."
    )


class RowTwice(InvalidInput):
    message = N_("This plot and species are already in row %(row)s.")


class TreeTwice(InvalidInput):
    message = N_("Tree %(tree)s of this plot is already in row %(row)s.")


class StratumAreaDiffers(InvalidInput):
    message = N_("The area of stratum %(stratum)s is %(area)s ha here and %(first)s ha in row %(row)s.")


class PlotAreaDiffers(InvalidInput):
    message = N_(
        "The plot area is %(area)s m² here and %(first)s m² in row %(row)s; "
        "plots of one stratum have one size."
    )


class VolumeNotKnown(InvalidInput):
    message = N_(
        "There is no volume for this tree. The portal holds no volume table: fill in the volume of the tree, "
        "or give the equation of your own table for %(species)s."
    )


class HeightMissing(InvalidInput):
    message = N_("The equation for %(species)s needs the height of the tree.")


class EmptyPlotWithNumbers(InvalidInput):
    message = N_(
        "The species is empty, but there is a measurement. An empty plot has volume 0 and no species."
    )


class OnLineAbove(InvalidInput):
    """A remark, not a refusal."""

    message = N_("“%(column)s” is empty and was taken from the row above.")


class WideDigits(InvalidInput):
    """A remark, not a refusal."""

    message = N_("Full-width digits were read as %(text)s.")


class LooksLikeATotal(InvalidInput):
    """A remark, not a refusal: the row is left out and said to be."""

    message = N_("This row looks like a total and was left out.")


class SmallTree(InvalidInput):
    """A remark, not a refusal."""

    message = N_("Diameters below 5 cm are usually not measured.")


# ── an equation ────────────────────────────────────────────────────────────────────────────────


class EquationNotRead(InvalidInput):
    message = N_(
        "Line %(line)s: write species; a; b; c; source, for V = a × D^b × H^c (D in cm, H in m, V in m³)."
    )


class EquationTwice(InvalidInput):
    message = N_("Line %(line)s: there is already an equation for this species.")


class EquationImplausible(InvalidInput):
    message = N_(
        "Line %(line)s: a tree of 20 cm and 15 m would have %(volume)s m³; it should have between "
        "0.1 and 0.5 m³. Check the coefficients and their units."
    )


# ── an estimate ────────────────────────────────────────────────────────────────────────────────


class TooFewPlots(InvalidInput):
    message = N_("Stratum %(stratum)s has %(plots)s plot; a confidence interval needs at least two.")


class MorePlotsThanFit(InvalidInput):
    message = N_("Stratum %(stratum)s has more plots than its area holds.")


# ── an account ─────────────────────────────────────────────────────────────────────────────────


class MethodUnknown(NotFound):
    message = N_("There is no method %(method)s.")


class TooUncertain(Refused):
    message = N_(
        "The half width of the interval is %(uncertainty)s %% of the change; above %(limit)s %% the "
        "methodology allows no claim. Measure more plots."
    )


class InventoriesInOrder(InvalidInput):
    message = N_("The second inventory must be later than the first.")


class StartNotBefore(InvalidInput):
    message = N_("The start must be before the day of the inventory.")


class OnlyForNewForest(InvalidInput):
    message = N_("Only an afforestation project begins without a first inventory.")


class MethodOfAnotherType(InvalidInput):
    message = N_("This methodology is for another type of project.")


class BufferTooSmall(InvalidInput):
    message = N_("The buffer is at least %(least)s %% under this methodology and at most 100 %%.")


class NegativeDeduction(InvalidInput):
    message = N_("Baseline, leakage and emissions are 0 or more.")


class EvidenceMissing(InvalidInput):
    message = N_("Say where this number comes from: the document and its page.")


class UnknownInventory(NotFound):
    message = N_("There is no such inventory.")


class UnknownReport(NotFound):
    message = N_("There is no such monitoring report.")


class InventoryOfAnotherProject(InvalidInput):
    message = N_("Both inventories and the report belong to one project.")


class PeriodReported(Refused):
    message = N_(
        "Report %(number)s already covers a part of this time. Nothing is claimed twice: choose another "
        "time, or correct that report."
    )


class AlreadyCorrected(Refused):
    message = N_("This report was already corrected by report %(number)s. Correct that one.")


class InventoryRefused(Refused):
    message = N_("%(refused)s of %(rows)s rows were refused, so nothing was kept.")


class PreviewIsOld(Refused):
    message = N_("Something has changed since the preview. Look at it again.")


# ── a plan ─────────────────────────────────────────────────────────────────────────────────────


class StrataNotRead(InvalidInput):
    message = N_("Line %(line)s: write name; area in ha; mean; standard deviation.")


class StratumNamedTwice(InvalidInput):
    message = N_("Line %(line)s: this stratum is already there.")


class NothingToPlan(InvalidInput):
    message = N_("Give at least one stratum whose values vary; with a mean above zero.")


class CannotReach(Refused):
    message = N_("Even all plots that fit into the area do not reach this precision.")


class TooManyPlots(Refused):
    message = N_("This precision needs more than %(plots)s plots. Allow a wider interval.")
