"""Inventories and monitoring reports."""

from portal.guards import Guard, append_only

_ITS_OWN = "EXISTS (SELECT 1 FROM inventory i WHERE i.id = {id} AND i.project_id = NEW.project_id)"

MONITORING_GUARDS = [
    *append_only("inventory", "monitoring_report"),
    Guard(
        "monitoring_report",
        "INSERT",
        "a report is made from inventories of its project",
        f"NOT {_ITS_OWN.format(id='NEW.second_id')} "
        f"OR (NEW.first_id IS NOT NULL AND NOT {_ITS_OWN.format(id='NEW.first_id')})",
    ),
    Guard(
        "monitoring_report",
        "INSERT",
        "a report corrects an earlier one of its project",
        "NEW.corrects_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM monitoring_report r "
        "WHERE r.id = NEW.corrects_id AND r.project_id = NEW.project_id AND r.number < NEW.number)",
    ),
    Guard(
        "monitoring_report",
        "INSERT",
        "no time is reported twice, but to correct it",
        "EXISTS (SELECT 1 FROM monitoring_report r WHERE r.project_id = NEW.project_id "
        "AND r.period_start < NEW.period_end AND r.period_end > NEW.period_start "
        "AND r.id IS DISTINCT FROM NEW.corrects_id "
        "AND NOT EXISTS (SELECT 1 FROM monitoring_report c WHERE c.corrects_id = r.id))",
    ),
    *append_only("verified_report"),
    Guard(
        "verified_report",
        "INSERT",
        "a verification confirms a report of its project, and no more than it found",
        "NOT EXISTS (SELECT 1 FROM verification v JOIN monitoring_report r ON r.project_id = v.project_id "
        "WHERE v.id = NEW.verification_id AND r.id = NEW.report_id AND v.verified_g <= r.net_g)",
    ),
]
