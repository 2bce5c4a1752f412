"""What a person hands in to have a certificate checked, and what holders and staff decide about one."""

from typing import Any

from flask_wtf.file import FileField, FileRequired, MultipleFileField
from wtforms import HiddenField

from portal.certificates.rules.paper import LONGEST_NAME
from portal.certificates.rules.states import GIVEN_BY_STAFF, REASONS
from portal.web.forms import InputRequired, LineField, PortalForm, Required, SelectField
from portal.web.i18n import lang, lazy_gettext


class NumberForm(PortalForm):
    """A number, or the address of a certificate. It looks something up only, so it needs no token."""

    class Meta:
        csrf = False

    number = LineField(
        lazy_gettext("Certificate number"),
        validators=[Required()],
        max=400,
        description=lazy_gettext(
            "12 letters and digits, for example 7K3M-Q0RT-5XWZ. You may paste the whole address."
        ),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class PaperForm(PortalForm):
    """The PDF of a certificate, the JSON file attached to it, or its credential as JSON or as a token."""

    file = FileField(
        lazy_gettext("Certificate file (PDF or JSON)"),
        validators=[FileRequired(lazy_gettext("Choose a file first."))],
        description=lazy_gettext(
            "The PDF as you received it, or the JSON file that is attached to it; at most 1 MB."
        ),
        render_kw={"accept": ".pdf,.json,.jwt,application/pdf,application/json"},
    )


class CredentialForm(PortalForm):
    """A credential or a badge of any issuer, and what is needed of that issuer because nothing is fetched."""

    file = FileField(
        lazy_gettext("Badge or credential"),
        validators=[FileRequired(lazy_gettext("Choose a file first."))],
        description=lazy_gettext("A picture (PNG, SVG), a JSON file or a token (JWT), at most 1 MB."),
        render_kw={"accept": ".json,.jsonld,.jwt,.txt,.png,.svg"},
    )
    keys = FileField(
        lazy_gettext("The issuer’s keys"),
        description=lazy_gettext(
            "For badges of others: the issuer’s did.json, a JWK, a JWK Set or a PEM, at most 64 kB. "
            "Get it from the issuer yourself: what you hand in is believed."
        ),
        render_kw={"accept": ".json,.jwk,.jwks,.pem,.txt"},
    )
    lists = MultipleFileField(
        lazy_gettext("The issuer’s status lists"),
        description=lazy_gettext(
            "For badges of others: the lists of withdrawn credentials that the badge names (Bitstring Status "
            "List), at most four files of 1 MB each."
        ),
        render_kw={"accept": ".json,.jsonld,.jwt,.txt"},
    )


class NameForm(PortalForm):
    """The holder shows or hides the name; the key of the paper is the proof of being the holder."""

    key = HiddenField()
    shown = HiddenField()


class ReasonForm(PortalForm):
    """Why a certificate is put under review or revoked: a word of ``states.Reason``, said as a sentence."""

    reason = SelectField(lazy_gettext("Reason"), validators=[InputRequired()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = [
            ("", "–"),
            *((each.value, REASONS[each].in_(lang())) for each in GIVEN_BY_STAFF),
        ]


class CorrectionForm(PortalForm):
    """The holder's name as it should have been. Everything else follows from the register and stays."""

    name = LineField(lazy_gettext("Holder’s name"), validators=[Required()], max=LONGEST_NAME)


class ActionForm(PortalForm):
    """A button that changes something."""
