"""Forms of privacy."""

from datetime import date
from typing import Any

from wtforms import DateField, IntegerField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from portal import consents
from portal.accounts.rules import NAME_MAX
from portal.privacy.rules.corrections import WORDS_MAX, Matter
from portal.privacy.rules.pupils import MOST
from portal.web.forms import (
    BooleanField,
    InputRequired,
    LineField,
    Optional,
    PortalForm,
    RadioField,
    Required,
    SelectField,
    TextField,
)
from portal.web.i18n import _, lazy_gettext


def matters() -> list[SelectChoice]:
    """What a correction can be about, in the reader's language."""
    return [
        SelectChoice(Matter.NAME, _("My name or address")),
        SelectChoice(Matter.ORDER, _("An order or an invoice")),
        SelectChoice(Matter.CERTIFICATE, _("A certificate")),
        SelectChoice(Matter.TRAINING, _("My training record")),
        SelectChoice(Matter.OTHER, _("Something else")),
    ]


class CorrectionForm(PortalForm):
    matter = RadioField(lazy_gettext("What is wrong?"), validators=[InputRequired()])
    words = TextField(
        lazy_gettext("How it is now, and how it should read"), max=WORDS_MAX, validators=[Required()]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.matter.choices = matters()


class ErasureForm(PortalForm):
    confirmed = BooleanField(
        lazy_gettext("Yes, I have read this. Forget me in seven days."),
        validators=[
            InputRequired(lazy_gettext("Please confirm that you have read what goes and what stays."))
        ],
    )


class AnswerForm(PortalForm):
    outcome = RadioField(lazy_gettext("Outcome"), validators=[InputRequired()])
    words = TextField(
        lazy_gettext("What the person is told"), max=WORDS_MAX, validators=[Required()],
        description=lazy_gettext("This goes out by letter, in these words."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outcome.choices = [
            SelectChoice("done", _("Corrected")), SelectChoice("refused", _("Not corrected")),
        ]  # fmt: skip


class RightNameForm(PortalForm):
    name = LineField(
        lazy_gettext("The name as it should be"), max=NAME_MAX, validators=[Required()],
        description=lazy_gettext(
            "Certificates are replaced: the old one says that it contained a mistake and names the new one."
        ),
    )  # fmt: skip
    things = SelectMultipleField(
        lazy_gettext("Where it stands"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(),
        validators=[InputRequired(lazy_gettext("Tick where the name is to be put right."))],
    )  # fmt: skip

    def offer(self, places: list[tuple[str, str]]) -> None:
        self.things.choices = [SelectChoice(*each) for each in places]


class LooksForm(PortalForm):
    """Filters in the address."""

    class Meta(PortalForm.Meta):
        csrf = False

    who = LineField(lazy_gettext("Id of who looked"), max=60, validators=[Optional()])
    about = LineField(lazy_gettext("Id of the person or the thing"), max=60, validators=[Optional()])
    first = DateField(lazy_gettext("From"), validators=[Optional()])
    last = DateField(lazy_gettext("Until"), validators=[Optional()])

    @property
    def days(self) -> tuple[date | None, date | None]:
        return self.first.data, self.last.data


class ClassForm(PortalForm):
    class_name = LineField(
        lazy_gettext("Name of the school class"), max=40, validators=[Required()],
        description=lazy_gettext("As the school calls it; no names of children."),
    )  # fmt: skip
    places = IntegerField(
        lazy_gettext("Number of pupils"), validators=[Required(), NumberRange(1, MOST)],
        render_kw={"inputmode": "numeric", "min": 1, "max": MOST},
    )  # fmt: skip
    language = RadioField(
        lazy_gettext("Language of the slips’ names"),
        choices=[SelectChoice("zh", "中文"), SelectChoice("en", "English")],
        default="zh",
    )
    guardians = BooleanField(
        lazy_gettext(consents.GUARDIANS.words),
        validators=[InputRequired(lazy_gettext("Without the guardians’ agreement no accounts are made."))],
    )


class TieForm(PortalForm):
    """What a class of pupils does together."""

    group = SelectField(
        lazy_gettext("Pledge group of the class"),
        description=lazy_gettext("What the pupils pledge counts there, in sums only."),
    )
    join_code = LineField(
        lazy_gettext("Code of a course class"), max=40, validators=[Optional()],
        description=lazy_gettext(
            "The trainer gives it to you. All pupils are put into the class at once, under their animals."
        ),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )  # fmt: skip

    def offer(self, groups: list[tuple[str, str]]) -> None:
        self.group.choices = [SelectChoice("", _("None")), *(SelectChoice(*each) for each in groups)]


class PupilSignInForm(PortalForm):
    login = LineField(
        lazy_gettext("Name on the slip"), max=60, validators=[Required()],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )  # fmt: skip
    code = LineField(
        lazy_gettext("Code on the slip"), max=40, validators=[Required()],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )  # fmt: skip

    @property
    def typed_code(self) -> str:
        """Capitals without gaps, however it was typed."""
        return "".join((self.code.data or "").upper().split())
