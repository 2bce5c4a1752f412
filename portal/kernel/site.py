"""What the portal is called, by the people who run it: certificates name it as their issuer."""

from portal.kernel.bilingual import Bilingual

_name = Bilingual("", "")


def name() -> Bilingual:
    return _name


def call(given: Bilingual) -> None:
    """Give the portal its name, once at its start."""
    global _name
    _name = given
