"""What every form has that takes a document."""

from flask_wtf.file import FileField
from wtforms import HiddenField

from portal.pledges.rules.evidence import NOTE_MAX, VERIFIER_MAX
from portal.web.forms import LineField, Optional, PortalForm, TextField
from portal.web.i18n import lazy_gettext


class PaperFields(PortalForm):
    """``kept`` carries a document over a form that comes back with an error: see views/papers.py."""

    kept = HiddenField()
    file = FileField(
        lazy_gettext("Document"),
        description=lazy_gettext(
            "PDF, PNG, JPEG or plain text, at most 10 MB. Only you and the staff who look at it can open it."
        ),
    )
    verifier = LineField(
        lazy_gettext("Third party that checked it"),
        validators=[Optional()],
        description=lazy_gettext("Only if the document is the report of an independent body: its full name."),
        max=VERIFIER_MAX,
    )


class PaperForm(PaperFields):
    """A document for a number that stands already."""

    note = TextField(
        lazy_gettext("What it shows"),
        validators=[Optional()],
        max=NOTE_MAX,
        render_kw={"rows": 2, "maxlength": NOTE_MAX},
    )
