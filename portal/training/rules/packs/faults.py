"""What can be wrong with a course pack; each stands with its file and line in the lint's report."""

from dataclasses import dataclass

from portal.kernel.errors import N_, InvalidInput, PortalError


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """``line`` counts from 1; 0 is the file as a whole."""

    file: str
    line: int
    reason: PortalError


class Notes:
    """Findings of one file as they are made."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []

    def add(self, line: int, reason: PortalError) -> None:
        self.findings.append(Finding(self.file, line, reason))


class FileMissing(InvalidInput):
    message = N_("The file “%(name)s” is missing.")


class FileUnknown(InvalidInput):
    message = N_("A course pack has no such file.")


class FileNotText(InvalidInput):
    message = N_("This file is not UTF-8 text.")


class YamlBroken(InvalidInput):
    message = N_("This is not valid YAML.")


class YamlForbidden(InvalidInput):
    message = N_("Anchors, aliases and deep nesting are not read: they can be used to attack.")


class KeyTwice(InvalidInput):
    message = N_("“%(key)s” is given twice.")


class KeyUnknown(InvalidInput):
    message = N_("“%(key)s” is no field here.")


class KeyMissing(InvalidInput):
    message = N_("“%(key)s” is missing.")


class ValueShape(InvalidInput):
    message = N_("“%(key)s” is not what is wanted here: %(wanted)s.")


class NumberOutside(InvalidInput):
    message = N_("“%(key)s” must be a number between %(low)s and %(high)s.")


class WordUnknown(InvalidInput):
    message = N_("“%(word)s” is none of %(words)s.")


class BadId(InvalidInput):
    message = N_("“%(id)s” is no id: use small letters, digits and hyphens.")


class BadVersion(InvalidInput):
    message = N_("“%(version)s” is no version such as 1.0.0.")


class BadPlace(InvalidInput):
    message = N_("“%(name)s” is no lesson of another course: write it as course/lesson.")


class IdTwice(InvalidInput):
    message = N_("The id “%(id)s” is used twice.")


class TranslationMissing(InvalidInput):
    message = N_("The text of “%(key)s” is missing in one language (%(lang)s).")


class LessonTranslationMissing(InvalidInput):
    message = N_("This lesson has no version in the other language: “%(name)s” is missing.")


class TranslationStale(InvalidInput):
    message = N_("The original of block “%(block)s” has changed since it was translated.")


class BlockIdMissing(InvalidInput):
    message = N_("Every block begins with a line like <!-- #block-id -->; this text stands before the first.")


class BlocksDiffer(InvalidInput):
    message = N_("The blocks differ between the languages here: “%(here)s” and “%(there)s”.")


class BlockEmpty(InvalidInput):
    message = N_("The block “%(block)s” is empty.")


class AltMissing(InvalidInput):
    message = N_("The picture “%(name)s” has no alternative text.")


class CaptionMissing(InvalidInput):
    message = N_("The picture “%(name)s” has no caption.")


class PictureForeign(InvalidInput):
    message = N_("The picture “%(name)s” does not lie in the pack’s media folder.")


class MediaUnsafe(InvalidInput):
    message = N_("This drawing contains a script, a style or an address outside.")


class MediaUnreadable(InvalidInput):
    message = N_("This file is not what its name says.")


class SourceMissing(InvalidInput):
    message = N_("The answer of “%(item)s” has no source.")


class SourceInOneLanguage(InvalidInput):
    message = N_("The source of “%(item)s” is written in one language only.")


class ToleranceMissing(InvalidInput):
    message = N_("The numeric item “%(item)s” has no tolerance.")


class UnitMissing(InvalidInput):
    message = N_("The numeric item “%(item)s” has no unit.")


class ObjectiveUnknown(InvalidInput):
    message = N_("“%(objective)s” is none of the course’s objectives.")


class ObjectiveThin(InvalidInput):
    message = N_("The objective “%(objective)s” has %(count)s items; at least 3 are needed.")


class LessonUnknown(InvalidInput):
    message = N_("There is no lesson “%(lesson)s”.")


class LessonTooLong(InvalidInput):
    message = N_("A lesson has at most %(most)s characters: please make several of it.")


class LessonUnused(InvalidInput):
    message = N_("This lesson is in none of the course’s modules.")


class LessonWithoutItems(InvalidInput):
    message = N_("This lesson asks that its questions be answered, but no item names “%(lesson)s”.")


class PlaceUnfilled(InvalidInput):
    message = N_("Nothing fills the place [[%(name)s]] in “%(where)s”.")


class FactorChanged(InvalidInput):
    message = N_("The factor “%(key)s” is now %(now)s, not %(then)s: check the item again.")


class FactorUnknown(InvalidInput):
    message = N_("“%(key)s” is none of the published factors.")


class ScenarioResultDiffers(InvalidInput):
    message = N_("The calculator makes %(now)s g of these answers, not %(then)s g: check the item again.")


class RuleUnknown(InvalidInput):
    message = N_("The register has no rule “%(key)s”.")


class VerdictDiffers(InvalidInput):
    message = N_("By the register’s rules project %(number)s may issue; the item says that it may not.")


class VerdictDenied(InvalidInput):
    message = N_("By the register’s rules project %(number)s may not issue; the item says that it may.")


class LineUnknown(InvalidInput):
    message = N_("The calculator has no line “%(key)s”.")
