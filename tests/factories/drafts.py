"""Drafts for tests: the small pack of tests/data in writing, and the people who write and publish."""

from collections.abc import Mapping

from portal.kernel.actor import Actor, Role
from portal.training.commands.drafting import begin
from tests.factories.packs import pack_files
from tests.factories.training import NOW

AUTHOR = Actor("usr_of_the_author", frozenset({Role.AUTHOR}))
EDITOR = Actor("usr_of_an_editor", frozenset({Role.EDITOR}))
LESSON_ZH, LESSON_EN = "lessons/01-why-forests.zh.md", "lessons/01-why-forests.en.md"
BANK = "bank/checked.yml"


def a_draft(files: Mapping[str, bytes] | None = None, author: Actor = AUTHOR) -> str:
    """A draft of the small pack; its id."""
    return begin(author, "sample-course", files or pack_files(), NOW)
