"""The first page of the back office, and the checks of the ledger."""

from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal import audit, jobs
from portal.db import transaction
from portal.desk import policy, queries
from portal.desk.forms import ActionForm
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.registry.queries import standing
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.page import page_blueprint

blueprint = page_blueprint("desk", __name__)
