"""Campaigns for tests: a school of two classes that asks how its pupils come to school."""

import random
from dataclasses import replace
from datetime import date

from portal.footprint.commands import groups as commands
from portal.footprint.rules.campaigns import Draft, Kind, OwnQuestion
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from tests.factories.footprint import SAVED_AT, a_footprint

ORGANISER = Actor("usr_teacher")
WAY = OwnQuestion(
    Bilingual("你怎么上学？", "How do you come to school?"),
    Kind.CHOICE,
    (Bilingual("步行", "On foot"), Bilingual("公交", "By bus")),
)
MINUTES = OwnQuestion(Bilingual("路上几分钟？", "How many minutes?"), Kind.WHOLE, low=0, high=59)
DRAFT = Draft(
    model_id="household-cn",
    form="short",
    title=Bilingual("第三中学碳足迹周", "Carbon week at School No. 3"),
    invitation=Bilingual("全班一起算一算。", "Let us work it out together."),
    opens=date(2026, 11, 1),
    closes=date(2026, 12, 31),
    groups=("七年级一班", "七年级二班"),
    questions=(WAY, MINUTES),
)
NOW = SAVED_AT


def a_campaign(actor: Actor = ORGANISER, **changes: object) -> str:
    return commands.open_campaign(actor, replace(DRAFT, **changes), NOW)  # type: ignore[arg-type]


def an_answer(campaign_id: str, group: str = "七年级一班", *, code: str = "", **answers: str) -> str:
    """Somebody takes part as a guest; the code of their receipt."""
    extras = (answers.pop("way", "0"), answers.pop("minutes", "10"))
    footprint_id = a_footprint(**answers)
    part = commands.Part(campaign_id, footprint_id, group, extras)
    return commands.contribute(Actor.guest(footprint_id), part, NOW, code)


def answers_of(campaign_id: str, count: int, seed: int = 1) -> list[str]:
    """Many take part, in both classes, with different lives."""
    chance = random.Random(seed)
    return [
        an_answer(
            campaign_id,
            chance.choice(DRAFT.groups),
            way=chance.choice("01"),
            minutes=str(chance.randrange(60)),
            people=str(chance.randrange(1, 5)),
            car_km=str(chance.randrange(0, 200)),
            home_area=str(chance.randrange(40, 140)),
        )
        for _ in range(count)
    ]
