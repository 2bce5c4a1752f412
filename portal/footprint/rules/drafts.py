"""Answers on their way: kept for 90 days under a signed link and a short code, then forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Self

from portal.footprint.rules.stored import Footprint
from portal.kernel import checked
from portal.kernel.errors import N_, InvalidInput, NotFound

LENGTH = 9  # eight random characters (40 bits) and one that proves them


class UnknownForm(InvalidInput):
    message = N_("There is no form “%(form)s”; there are short, full and expert.")


class UnknownDraft(NotFound):
    message = N_(
        "We could not find these answers. Check the code or open the whole link; answers are kept for "
        "90 days."
    )


class MistypedCode(UnknownDraft):
    message = N_(
        "This code has a slip in it. It has nine letters and digits, for example 7K3M-9QTX-P; please "
        "compare it with what you noted down."
    )


@dataclass(frozen=True, slots=True)
class Journey:
    """Where somebody stands: which questions, for which place and year, and what was said so far.

    ``answers`` and ``own`` are as they are stored: option keys and plain decimals.
    """

    model_id: str
    version: str
    form: str
    region: str
    year: str = ""
    audience: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)
    previous_id: str | None = None

    @classmethod
    def of(cls, footprint: Footprint) -> Self:
        """From a stored footprint, to be gone through again."""
        return cls(
            model_id=footprint.model_id,
            version=footprint.version,
            form=footprint.form,
            region=footprint.region,
            year=footprint.year,
            audience=footprint.audience,
            answers=footprint.answers,
            own=footprint.own,
        )


@dataclass(frozen=True, slots=True)
class Draft:
    id: str
    journey: Journey
    lang: str
    created_at: datetime
    expires_at: datetime


def new_code() -> str:
    """A fresh code. The database holds that no two are alike."""
    return checked.new_code(LENGTH)


def parse_code(text: str) -> str:
    """The plain code in what was typed: small letters, O for 0, I and L for 1, spaces and dashes are taken.

    Raises MistypedCode.
    """
    code = checked.plain(text)
    if not checked.is_valid(code, LENGTH):
        raise MistypedCode()
    return code


def code_hash(code: str) -> str:
    """What is kept of a code: whoever reads the table cannot open the links of others with it."""
    return sha256(b"footprint draft v1:" + code.encode()).hexdigest()
