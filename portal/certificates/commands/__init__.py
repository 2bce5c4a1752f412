"""Certificates are issued in the transaction of what they certify, withdrawn with a reason, never erased."""

from portal.certificates.commands.batches import issue_batch, open_batch, pack_done, resume_batch
from portal.certificates.commands.issuing import clear, doubt, issue, replace, revoke
from portal.certificates.commands.papers import (
    drop_named,
    forget_holder,
    hand_out,
    print_anew,
    render_done,
    show_name,
    want,
)

__all__ = [
    "clear", "doubt", "drop_named", "forget_holder", "hand_out", "issue", "issue_batch", "open_batch",
    "pack_done", "print_anew", "render_done", "replace", "resume_batch", "revoke", "show_name", "want",
]  # fmt: skip
