"""Reading certificates, their history, their batches, and what is wrong with them."""

from portal.certificates.queries.batches import (
    BatchView,
    NoSuchBatch,
    batch,
    batches_of,
    certificates_in,
    numbers_in,
    recent_batches,
    unprinted,
)
from portal.certificates.queries.faults import faults
from portal.certificates.queries.history import Change, history
from portal.certificates.queries.papers import (
    CertificateView,
    NoSuchCertificate,
    Totals,
    by_id,
    by_number,
    for_order,
    for_subject,
    is_printed,
    log_proof,
    log_standing,
    public_totals,
    recent,
    recent_numbers,
    retirement_facts,
    unprinted_of,
    withdrawn_places,
)

__all__ = [
    "BatchView", "CertificateView", "Change", "NoSuchBatch", "NoSuchCertificate", "Totals", "batch",
    "batches_of", "by_id", "by_number", "certificates_in", "faults", "for_order", "for_subject", "history",
    "is_printed", "log_proof", "log_standing", "numbers_in", "public_totals", "recent", "recent_batches",
    "recent_numbers", "retirement_facts", "unprinted", "unprinted_of", "withdrawn_places",
]  # fmt: skip
