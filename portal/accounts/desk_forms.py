"""Forms of the desk of people."""

from wtforms.fields.choices import SelectChoice

from portal.accounts.rules import GRANTABLE
from portal.kernel.actor import Role
from portal.proposals.rules import REASON_MAX
from portal.web.forms import LineField, PortalForm, Required, SelectField
from portal.web.i18n import lazy_gettext

_NAMES = {
    Role.TRAINER: lazy_gettext("trainer"),
    Role.AUTHOR: lazy_gettext("author of courses"),
    Role.REGISTRY: lazy_gettext("registry"),
    Role.FINANCE: lazy_gettext("finance"),
    Role.EDITOR: lazy_gettext("editor"),
    Role.AUDITOR: lazy_gettext("auditor"),
    Role.ADMIN: lazy_gettext("administrator"),
}


class RoleForm(PortalForm):
    """Which role, and why it is given or taken."""

    role = SelectField(
        lazy_gettext("Role"), choices=[SelectChoice(role.value, _NAMES[role]) for role in GRANTABLE]
    )
    reason = LineField(lazy_gettext("Reason"), validators=[Required()], max=REASON_MAX)


class ResetForm(PortalForm):
    """Why a second factor is to be reset: how the person was recognised."""

    why = LineField(
        lazy_gettext("How did you make sure who is asking?"), validators=[Required()], max=REASON_MAX
    )
