"""Where the pages of accounts live, and how they answer a form that was refused."""

from typing import Any

import structlog
from flask import render_template

from portal.accounts.rules import TooManyLetters, TooManyTries
from portal.kernel.errors import PortalError
from portal.web.forms import PortalForm
from portal.web.page import page_blueprint

blueprint = page_blueprint("accounts", __name__)
Answer = Any
log = structlog.get_logger("accounts")


def form_page(template: str, form: PortalForm, **shown: Any) -> Answer:
    """The page with its form; 422 when something in it is wrong."""
    return render_template(template, form=form, **shown), 422 if form.has_errors else 200


def refused(template: str, form: PortalForm, field: str, error: PortalError, **shown: Any) -> Answer:
    """The page again with what the command says beside the field; 429 when there were too many tries."""
    log.info("refused", form=template, why=type(error).__name__)
    form.blame(field, error)
    page, status = form_page(template, form, **shown)
    return page, 429 if isinstance(error, TooManyTries | TooManyLetters) else status
