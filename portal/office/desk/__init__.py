"""The office's pages for staff: settings, reports, and what an auditor begins with."""

from portal.office.desk import auditor, reports, settings

blueprints = (settings.blueprint, reports.blueprint, auditor.blueprint)
