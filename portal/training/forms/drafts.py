"""Forms around a draft: beginning one, its files as they are, offering and returning it."""

from flask_wtf.file import FileField
from wtforms import HiddenField

from portal.training.author_words import word_of
from portal.training.rules.drafts import MAX_NOTE
from portal.training.rules.formats import FORMATS
from portal.training.rules.packs.course import AUDIENCES
from portal.web.forms import (
    BooleanField,
    LineField,
    Optional,
    PortalForm,
    RadioField,
    Required,
    SelectField,
    TextField,
)
from portal.web.i18n import lazy_gettext

MAX_SOURCE = 1_900_000


class ActionForm(PortalForm):
    """A button by itself."""


class BeginForm(PortalForm):
    course = LineField(
        lazy_gettext("Id"),
        [Required()],
        max=60,
        description=lazy_gettext("Small letters, digits and hyphens. It never changes."),
    )
    title_zh = LineField(lazy_gettext("Title in Chinese"), [Required()], max=120)
    title_en = LineField(lazy_gettext("Title in English"), [Required()], max=120)
    audience = SelectField(lazy_gettext("For"))
    language = RadioField(lazy_gettext("You write in"), default="zh")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.audience.choices = [(each, word_of(each)) for each in AUDIENCES]
        self.language.choices = [(each, word_of(each)) for each in ("zh", "en")]


class UploadForm(PortalForm):
    file = FileField(lazy_gettext("Course pack (ZIP)"), render_kw={"accept": ".zip"})


class OfferForm(PortalForm):
    note = TextField(lazy_gettext("What is new, for who looks at it"), [Optional()], max=MAX_NOTE)


class ReturnForm(PortalForm):
    reason = TextField(lazy_gettext("What is to be done first"), [Optional()], max=MAX_NOTE)


class SourceForm(PortalForm):
    revision = HiddenField()
    text = TextField(
        lazy_gettext("Text of the file"), max=MAX_SOURCE, render_kw={"rows": 30, "spellcheck": "false"}
    )


class MediaForm(PortalForm):
    """A picture comes with what those read who cannot see it, and with its caption, in both languages."""

    file = FileField(
        lazy_gettext("Picture or sound"),
        description=lazy_gettext(
            "SVG, PNG, JPEG, WebP or MP3 of at most 8 MB. Place, camera and scripts are taken out."
        ),
        render_kw={"accept": ".svg,.png,.jpg,.jpeg,.webp,.mp3"},
    )
    alt_zh = LineField(lazy_gettext("What can be seen, in Chinese"), [Required()], max=300)
    alt_en = LineField(lazy_gettext("What can be seen, in English"), [Required()], max=300)
    caption_zh = LineField(lazy_gettext("Caption in Chinese"), [Required()], max=300)
    caption_en = LineField(lazy_gettext("Caption in English"), [Required()], max=300)
    lesson = SelectField(lazy_gettext("Add it at the end of the lesson"), [Optional()])


class LessonForm(PortalForm):
    """A lesson that is not there yet."""

    slug = LineField(
        lazy_gettext("Id"),
        [Required()],
        max=60,
        description=lazy_gettext("Small letters, digits and hyphens, such as stock-and-flow."),
    )
    title_zh = LineField(lazy_gettext("Title in Chinese"), [Required()], max=120)
    title_en = LineField(lazy_gettext("Title in English"), [Required()], max=120)
    module = SelectField(lazy_gettext("In the module"), [Optional()])


class ImportForm(PortalForm):
    file = FileField(lazy_gettext("File with questions"))
    format = SelectField(lazy_gettext("Format"))
    language = RadioField(lazy_gettext("Language of the file"), default="zh")
    bank = SelectField(lazy_gettext("Into the bank file"))
    repair = BooleanField(lazy_gettext("Mend full-width marks such as ｛＝～＃ and 答案："))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.format.choices = [(each, word_of(each)) for each in FORMATS]
        self.language.choices = [(each, word_of(each)) for each in ("zh", "en")]


class ConfirmImportForm(PortalForm):
    """What was looked at: the file waits under its digest."""

    digest = HiddenField()
    format = HiddenField()
    language = HiddenField()
    bank = HiddenField()
    repair = HiddenField()
