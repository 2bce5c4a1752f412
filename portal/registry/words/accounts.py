"""Words for what happens to units in accounts, in the reader's language."""

from portal.registry.rules.accounts import CancelReason, Cause, FreezeKind, TransferState
from portal.web.i18n import _


def reasons() -> dict[CancelReason, str]:
    return {
        CancelReason.VOLUNTARY: _("given up by their holder"),
        CancelReason.ERROR: _("issued in error"),
        CancelReason.MOVED: _("moved to another register"),
        CancelReason.REVERSAL: _("buffer units, for a reversal"),
        CancelReason.COMPENSATION: _("in the place of buffer units that were missing"),
        CancelReason.CONVERTED: _("expected units, now verified"),
    }


def causes() -> dict[Cause, str]:
    return {
        Cause.FIRE: _("fire"),
        Cause.PEST: _("pests or disease"),
        Cause.STORM: _("storm or snow"),
        Cause.FLOOD: _("flood"),
        Cause.DROUGHT: _("drought"),
        Cause.HARVEST: _("harvest"),
        Cause.CLEARING: _("clearing for another use"),
        Cause.OTHER: _("another cause"),
    }


def offer_states() -> dict[TransferState, str]:
    return {
        TransferState.OFFERED: _("waits for an answer"),
        TransferState.ACCEPTED: _("accepted"),
        TransferState.DECLINED: _("declined"),
        TransferState.WITHDRAWN: _("withdrawn"),
        TransferState.EXPIRED: _("expired"),
    }


def frozen_kinds() -> dict[FreezeKind, str]:
    return {
        FreezeKind.ACCOUNT: _("Account"),
        FreezeKind.PROJECT: _("Project"),
        FreezeKind.BLOCK: _("Run of units"),
    }
