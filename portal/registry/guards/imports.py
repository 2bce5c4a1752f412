"""Imports: mapped columns are never rewritten, and a run moves only forward."""

from portal.guards import Guard, append_only, keeps, lawful
from portal.registry.rules.imports.runs import IMPORT_STEPS

IMPORT_GUARDS = [
    *append_only("import_mapping"),
    keeps("import_run", "id", "layout", "file_name", "file_sha256", "actor_id", "at"),
    Guard("import_run", "DELETE", "import_run rows are never deleted"),
    Guard("import_run", "INSERT", "an import begins waiting", "NEW.state <> 'waiting'"),
    lawful("import_run", "state", IMPORT_STEPS),
]
