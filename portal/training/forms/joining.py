"""Forms at the door of a class, and of what is kept about a learner."""

from wtforms import BooleanField, HiddenField
from wtforms.validators import Optional, ValidationError

from portal.training.rules.learners import NAME_MAX, NameNeeded
from portal.web.forms import LineField, PortalForm, Required
from portal.web.i18n import _, lazy_gettext, message


class PledgeForm(PortalForm):
    """The certificate of a pledge, by its number or address; ``number`` is kept as it was typed."""

    number = LineField(
        lazy_gettext("Number of the pledge’s certificate"),
        validators=[Required()],
        max=200,
        description=lazy_gettext(
            "It stands on the certificate; its address will do as well. It is looked at and not kept."
        ),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )


class JoinForm(PortalForm):
    """``learner`` is the id of who is new, made with the form: sent twice it is one learner."""

    code = LineField(
        lazy_gettext("Code of the class"),
        validators=[Required()],
        max=20,
        description=lazy_gettext("It stands on the poster and on the invitation."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    name = LineField(
        lazy_gettext("Your name"),
        validators=[Optional()],
        max=NAME_MAX,
        description=lazy_gettext("As it should stand on the certificate. Your trainer sees it."),
        render_kw={"autocomplete": "name"},
    )
    learner = HiddenField()
    knows_reader = False

    def validate_name(self, field: LineField) -> None:
        if not self.knows_reader and not field.data:
            raise ValidationError(message(NameNeeded()))


class CodeForm(PortalForm):
    code = LineField(
        lazy_gettext("Personal code"),
        validators=[Required()],
        max=20,
        description=lazy_gettext("Nine letters and digits from your slip, such as ABC-DEF-GHJ."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class EraseForm(PortalForm):
    confirmed = BooleanField(lazy_gettext("Yes, erase my name and my access for good"))

    def validate_confirmed(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(_("Tick the box if you want this."))
