"""Office: what the city decides about its portal, reports about it, and shows to whoever audits it."""
