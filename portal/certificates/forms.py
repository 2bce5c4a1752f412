"""What a person hands in to have a certificate checked."""

from flask_wtf.file import FileField, FileRequired

from portal.web.forms import LineField, PortalForm, Required
from portal.web.i18n import lazy_gettext


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
    """The JSON file that came with a certificate, or its credential."""

    file = FileField(
        lazy_gettext("Certificate file (JSON)"),
        validators=[FileRequired(lazy_gettext("Choose a file first."))],
        description=lazy_gettext(
            "The file is attached to the PDF and can be downloaded from the certificate’s page."
        ),
        render_kw={"accept": ".json,application/json"},
    )
