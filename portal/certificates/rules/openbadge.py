"""A completed course as an Open Badges 3.0 credential (1EdTech, 2024): what wallets and backpacks take.

It says what the certificate says. No number is in it that another program might read as a float: hours stand
in sentences. The contexts are the W3C's and 1EdTech's alone, so that every wallet knows its words.
"""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from portal.certificates.rules import integrity
from portal.certificates.rules.content import Content, either, quoted
from portal.certificates.rules.credential import Issuer, status_entries
from portal.kernel.bilingual import Bilingual
from portal.kernel.clock import text_of

PLAIN: Final = "everyone"  # whose drawing a course has that names no audience


@dataclass(frozen=True, slots=True)
class Achieved:
    """What the badge states. ``holder_name`` is None where the reader may not see it.

    ``content`` is the canonical text of the certificate (C5), ``log_idx`` the place of its record in the log.
    """

    number: str
    content: Content
    holder_name: str | None
    issued_at: datetime
    payload_sha256: str
    log_idx: int


def audience_of(content: Content) -> str:
    return str(content.get("audience", PLAIN))


def badge_credential(issuer: Issuer, facts: Achieved) -> dict[str, Any]:
    """The credential without a proof; the same facts give the same one."""
    here = f"{issuer.base_url}/certificates/{facts.number}"
    image = {"id": f"{issuer.base_url}/badges/{audience_of(facts.content)}.png", "type": "Image"}
    return {
        "@context": [integrity.CREDENTIALS, integrity.OPEN_BADGES],
        "id": f"{here}/badge.json",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": _both(either(facts.content["course"])),
        "image": image,
        "issuer": {
            "id": issuer.did,
            "type": ["Profile"],
            "name": _both(issuer.name),
            "url": issuer.base_url,
        },
        "validFrom": text_of(facts.issued_at),
        "credentialSubject": _subject(here, issuer, facts, image),
        "evidence": [
            {
                "id": f"{here}.proof",
                "type": ["Evidence"],
                "name": f"Transparency log, record {facts.log_idx}",
                "narrative": "The certificate was entered in a log that can only grow; this is the proof.",
            }
        ],
        "relatedResource": [{"id": f"{here}.json", "digestSRI": _sri(facts.payload_sha256)}],
        # The schema of 1EdTech takes one list: that of what is withdrawn for good.
        "credentialStatus": status_entries(issuer, facts.log_idx)[0],
    }


def _subject(here: str, issuer: Issuer, facts: Achieved, image: dict[str, str]) -> dict[str, Any]:
    subject: dict[str, Any] = {
        "id": f"{here}#holder",
        "type": ["AchievementSubject"],
        "achievement": _achievement(issuer, facts.content, image),
    }
    if facts.holder_name:
        subject["identifier"] = [
            {
                "type": "IdentityObject",
                "hashed": False,
                "identityHash": facts.holder_name,
                "identityType": "name",
            }
        ]
    return subject


def _achievement(issuer: Issuer, content: Content, image: dict[str, str]) -> dict[str, Any]:
    course, version = either(content["course"]), str(content["course_version"])
    named = content.get("course_id", course.en)
    achievement = {
        "id": uuid5(NAMESPACE_URL, f"{issuer.base_url}/courses/{named}/{version}").urn,
        "type": ["Achievement"],
        "achievementType": "Course",
        "name": _both(course),
        "description": _both(_completed(content)),
        "criteria": {"narrative": _criteria(content)},
        "image": image,
        "version": version,
    }
    return achievement | ({"inLanguage": content["language"]} if "language" in content else {})


def _completed(content: Content) -> Bilingual:
    course, hours = quoted(either(content["course"])), content["hours"]
    return Bilingual(
        f"完成课程{course.zh}，{hours} 学时。",
        f"Completed the course {course.en}, {hours} hours.",
    )


def _criteria(content: Content) -> str:
    """What the course asks and teaches, as Markdown in both languages."""
    asked = Bilingual(
        "读完全部课文，通过结业测验，并满足班次的出勤要求。学习目标：",
        "Every lesson read, the final quiz passed, the meetings of the class attended. Objectives:",
    )
    taught = [either(each) for each in content["objectives"]]
    return "\n\n".join(
        f"{asked.in_(lang)}\n\n" + "\n".join(f"- {each.in_(lang)}" for each in taught)
        for lang in ("zh", "en")
    )


def _both(text: Bilingual) -> str:
    """Wallets show one text: it holds both languages."""
    return text.zh if text.zh == text.en else f"{text.zh} · {text.en}"


def _sri(sha256_hex: str) -> str:
    return f"sha256-{b64encode(bytes.fromhex(sha256_hex)).decode()}"
