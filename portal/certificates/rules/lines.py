"""The facts of a certificate as lines to be read: on its page, on its paper, in both languages.

Retired credits (C3) have a layout of their own, by lot and range; every other type is lines. What the notes
of the type say already (``paper.notes``) is not said again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from portal.certificates.rules.claims import PROJECT_TYPES, CertificateType, Effect, amounts
from portal.certificates.rules.content import Content, places, quoted, same
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import Mass
from portal.registry.rules.ledger import ProjectType

LANGUAGES: Final[Mapping[str, Bilingual]] = {
    "zh": Bilingual("中文", "Chinese"),
    "en": Bilingual("英文", "English"),
}
BY_ONESELF: Final = Bilingual("自学", "on one’s own")
COMPETENCE: Final = Bilingual("学习目标", "Competence")


@dataclass(frozen=True, slots=True)
class Line:
    """A label and what it says. ``is_code`` is a serial or a digest, which is not broken into words.

    On paper, one that ``goes_on`` stands on the line of the one before.
    """

    label: Bilingual
    value: Bilingual
    is_code: bool = False
    goes_on: bool = False


def lines(kind: CertificateType, content: Content) -> list[Line]:
    """The facts of a certificate that retires nothing itself, in the order of reading."""
    return _LINES[kind](content)


def objectives(content: Content) -> tuple[Bilingual, ...]:
    """What a course taught, under the heading ``COMPETENCE``; nothing for other types."""
    return tuple(quoted(_pair(each)) for each in content.get("objectives", ()))


def day_of(kind: CertificateType, content: Content) -> str:
    """The civil day that the certified fact is of, ``2026-05-01``."""
    if kind is CertificateType.RETIRED:
        return clock.day_of(datetime.fromisoformat(content["retired_at"])).isoformat()
    return str(content[_DAYS[kind]])


def _pledge(content: Content) -> list[Line]:
    said = places(CertificateType.PLEDGE, content)
    return [
        Line(Bilingual("目标", "Target"), said["aim"]),
        _day(Bilingual("承诺日期", "Pledged on"), content["made_on"]),
    ]


def _planting(content: Content) -> list[Line]:
    said = places(CertificateType.PLANTING, content)
    return [
        Line(Bilingual("苗木株数", "Seedlings"), said["seedlings"]),
        Line(Bilingual("树种", "Species"), _pair(content["species"])),
        Line(Bilingual("地块", "Parcel"), said["place"]),
        Line(Bilingual("种植季", "Season"), _pair(content["season"])),
        _day(Bilingual("支付日期", "Paid on"), content["paid_on"]),
    ]


def _expected(content: Content) -> list[Line]:
    said = places(CertificateType.EXPECTED, content)
    project = _pair(content["project_name"])
    return [
        Line(Bilingual("预期清除量", "Expected removal"), said["amount"]),
        Line(
            Bilingual("项目", "Project"),
            Bilingual(f"{project.zh} {content['project']}", f"{project.en} {content['project']}"),
        ),
        Line(Bilingual("项目类型", "Kind of project"), PROJECT_TYPES[ProjectType(content["project_type"])]),
        *(_serial(part) for part in content["ranges"]),
        _day(Bilingual("预订日期", "Reserved on"), content["reserved_on"]),
    ]


def _event(content: Content) -> list[Line]:
    said = places(CertificateType.EVENT, content)
    first, last = content["held_from"], content["held_to"]
    retired = content["retired_effects_g"]
    return [
        Line(Bilingual("活动", "Event"), _pair(content["event"])),
        Line(Bilingual("举办时间", "Held"), same(first if first == last else f"{first} – {last}")),
        Line(Bilingual("地点", "Place"), _pair(content["place"])),
        Line(Bilingual("排放总量", "Gross emissions"), said["gross"]),
        Line(
            Bilingual("已注销的碳信用", "Credits retired"),
            amounts({effect: Mass(retired[effect]) for effect in Effect if effect in retired}),
        ),
        Line(Bilingual("核算方法", "Method"), said["method"]),
        *(Line(Bilingual("减排行动", "Reduction"), _pair(each)) for each in content["reductions"]),
        Line(Bilingual("清册摘要", "Digest of the inventory"), same(content["inventory_sha256"]), True),
        _day(Bilingual("声明日期", "Declared on"), content["declared_on"]),
        Line(Bilingual("声明版本", "Version of the statement"), same(content["version"])),
    ]


def _course(content: Content) -> list[Line]:
    return [
        Line(Bilingual("课程", "Course"), quoted(_pair(content["course"]))),
        Line(Bilingual("课程版本", "Course version"), same(content["course_version"])),
        Line(Bilingual("学时", "Hours"), same(content["hours"]), goes_on=True),
        *(
            [Line(Bilingual("授课语言", "Language"), LANGUAGES[content["language"]], goes_on=True)]
            if "language" in content
            else []
        ),
        Line(
            Bilingual("班次", "Cohort"),
            _pair(content["cohort"]) if any(content["cohort"].values()) else BY_ONESELF,
        ),
        Line(Bilingual("颁发机构", "Issuer"), _pair(content["issuer"])),
        Line(Bilingual("结业日期", "Completed on"), same(content["completed_on"]), goes_on=True),
    ]


def _nothing(content: Content) -> list[Line]:
    return []


_LINES: Final[Mapping[CertificateType, Callable[[Content], list[Line]]]] = {
    CertificateType.PLEDGE: _pledge,
    CertificateType.PLANTING: _planting,
    CertificateType.EXPECTED: _expected,
    CertificateType.RETIRED: _nothing,
    CertificateType.EVENT: _event,
    CertificateType.COURSE: _course,
}
_DAYS: Final[Mapping[CertificateType, str]] = {
    CertificateType.PLEDGE: "made_on",
    CertificateType.PLANTING: "paid_on",
    CertificateType.EXPECTED: "reserved_on",
    CertificateType.EVENT: "declared_on",
    CertificateType.COURSE: "completed_on",
}


def _serial(part: Mapping[str, Any]) -> Line:
    full = f"{part['serial']}/g{part['first_g']}-{part['last_g']}"
    return Line(Bilingual("序列号", "Serial number and grams"), same(full), is_code=True)


def _day(label: Bilingual, day: str) -> Line:
    return Line(label, same(day))


def _pair(text: Mapping[str, str]) -> Bilingual:
    return Bilingual(text["zh"], text["en"])
