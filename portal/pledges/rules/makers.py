"""Who promises: a person, a company or a school; where they are and what they do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, NotAllowed
from portal.registry.rules.counties import CITY, COUNTIES

BOUNDARY_MAX: Final = 500
EARLIEST_BASELINE: Final = 2015


class NotYourOrganisation(NotAllowed):
    message = N_("Only owners and approvers of an organisation can pledge in its name.")


class MakerMismatch(InvalidInput):
    message = N_("A company or a school pledges through its organisation, a person in their own name.")


class UnknownSector(InvalidInput):
    message = N_("Choose a sector from the list.")


class UnknownCounty(InvalidInput):
    message = N_("Choose a county from the list.")


class BaselineYearOutOfRange(InvalidInput):
    message = N_("Choose a year of the baseline from %(first)s to %(last)s.")


class BoundaryMissing(InvalidInput):
    message = N_("Say what the number covers: sites, fuels, electricity, travel.")


class Maker(StrEnum):
    PERSON = "person"
    COMPANY = "company"
    SCHOOL = "school"


# Sections of the national classification GB/T 4754-2017, where a household has no place; its letters.
SECTORS: Final[Mapping[str, Bilingual]] = {
    "household": Bilingual("家庭和个人", "Households and people"),
    "A": Bilingual("农、林、牧、渔业", "Agriculture, forestry and fishing"),
    "B": Bilingual("采矿业", "Mining"),
    "C": Bilingual("制造业", "Manufacturing"),
    "D": Bilingual("电力、热力、燃气及水生产和供应业", "Electricity, heat, gas and water"),
    "E": Bilingual("建筑业", "Construction"),
    "F": Bilingual("批发和零售业", "Wholesale and retail"),
    "G": Bilingual("交通运输、仓储和邮政业", "Transport, storage and post"),
    "H": Bilingual("住宿和餐饮业", "Hotels and catering"),
    "I": Bilingual("信息传输、软件和信息技术服务业", "Information and software"),
    "J": Bilingual("金融业", "Finance"),
    "L": Bilingual("租赁和商务服务业", "Leasing and business services"),
    "P": Bilingual("教育", "Education"),
    "Q": Bilingual("卫生和社会工作", "Health and social work"),
    "R": Bilingual("文化、体育和娱乐业", "Culture, sports and entertainment"),
    "S": Bilingual("公共管理、社会保障和社会组织", "Public administration and associations"),
    "other": Bilingual("其他", "Other"),
}
HOUSEHOLD: Final = "household"


@dataclass(frozen=True, slots=True)
class Profile:
    """Who stands behind a pledge. ``county`` is a six-digit code or empty; ``boundary`` says what a
    baseline on paper covers, and is empty where a footprint says it. Without ``baseline_year`` it is the year
    in which the footprint was worked out.
    """

    maker: Maker = Maker.PERSON
    organisation_id: str = ""
    sector: str = HOUSEHOLD
    county: str = ""
    baseline_year: int | None = None
    boundary: str = ""
    shows_name: bool = True


def check_profile(profile: Profile, this_year: int) -> None:
    """Raises MakerMismatch, UnknownSector, UnknownCounty, BaselineYearOutOfRange."""
    if (profile.maker is Maker.PERSON) == bool(profile.organisation_id):
        raise MakerMismatch()
    if profile.sector not in SECTORS or (profile.sector == HOUSEHOLD) != (profile.maker is Maker.PERSON):
        raise UnknownSector()
    if profile.county not in ("", CITY, *COUNTIES):
        raise UnknownCounty()
    if profile.baseline_year is not None and not EARLIEST_BASELINE <= profile.baseline_year <= this_year:
        raise BaselineYearOutOfRange(first=str(EARLIEST_BASELINE), last=str(this_year))
