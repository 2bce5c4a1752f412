"""The log's public side: who vouches for it, what was sealed, and what the seals rest on."""

from portal.guards import Guard, append_only, keeps

LOG_GUARDS = [
    *append_only("row_seal", "state_digest", "cosignature"),
    keeps("witness", "id", "name", "key", "added_at"),
    Guard("witness", "DELETE", "witness rows are never deleted"),
    Guard("witness", "UPDATE", "a witness that has left does not come back", "OLD.left_at IS NOT NULL"),
    keeps("project", "is_demo", "created_at"),
]
