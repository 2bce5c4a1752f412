"""The desk of authors: a course is written, shown, compared and published, without a script."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from PIL import Image

from portal.kernel.actor import Actor
from portal.training.queries import courses, drafts
from portal.training.rules.formats import FORMATS, scorm, write_items
from portal.training.rules.packs import banks
from portal.training.rules.packs.course import files_of_zip, zip_of_files
from portal.training.rules.packs.lint import lint
from portal.training.rules.packs.records import records_of, with_record
from tests.browser import Browser, Page, words
from tests.factories.drafts import AUTHOR, BANK, EDITOR, LESSON_EN, LESSON_ZH, a_draft
from tests.factories.packs import pack_files
from tests.factories.training import a_version, files_of

As = Callable[[Actor], Browser]


@pytest.fixture
def seen_by(app: Flask) -> As:
    """A browser in which this person is signed in."""

    def sign_in(who: Actor) -> Browser:
        app.extensions["portal.person"] = lambda: who
        return Browser(app.test_client())

    return sign_in


def typed(page: Page, name: str, value: str) -> Page:
    """Fill in a field by its name: blocks and groups repeat their labels."""
    control = next(
        e for e in page.root.iter() if e.get("name") == name and e.tag in ("input", "textarea", "select")
    )
    page._typed[id(control)] = [value]
    return page


def pressed(page: Page, value: str, expect: int = 200) -> Page:
    """Send the page's form as one of its buttons does, or the program in the page."""
    form = next(
        f
        for f in page.root.iter("form")
        if "data-author" in f.attrib or any(b.get("name") == "do" for b in f.iter("button"))
    )
    fields = [pair for control in form.iter() if control.tag in ("input", "textarea", "select")
              for pair in page._values(control)]  # fmt: skip
    data: dict[str, list[str]] = {}
    for name, each in [*fields, ("do", value)]:
        data.setdefault(name, []).append(each)
    return page.browser._go("POST", form.get("action") or page.url, data, expect)


PAGES = (
    "", "/plan/course", "/plan/track", "/bank", "/media", "/history", "/changes", "/import", "/export",
    f"/files/{BANK}", "/lessons/01-why-forests", f"/history/1/{BANK}",
)  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_of_a_draft_opens(seen_by: As, lang: str):
    browser = seen_by(AUTHOR)
    browser.open(f"/{lang}/author")  # with nothing in it
    a_version()
    draft_id = a_draft()
    at = f"/{lang}/author/drafts/{draft_id}"
    assert browser.open(f"/{lang}/author").table("我的草稿" if lang == "zh" else "My drafts")
    for path in PAGES:
        browser.open(at + path)
    for index in range(10):  # every kind of item
        browser.open(f"{at}/bank/checked/{index}")
    for path in ("/bank/none/0", "/bank/checked/99", "/plan/none", "/lessons/99-none", "/export?format=none"):
        browser.open(at + path, expect=404)


def test_a_lesson_is_edited_block_by_block_and_the_translation_falls_behind(seen_by: As):
    browser, draft_id = seen_by(AUTHOR), a_draft()
    before = drafts.file(draft_id, LESSON_EN).data
    address = f"/en/author/drafts/{draft_id}/lessons/01-why-forests"
    page = browser.open(address)
    labels = {e.get("for"): words(e) for e in page.root.iter("label")}
    assert (labels["b-1-zh"], labels["b-1-en"]) == ("中文 Block 2", "English Block 2")
    page = pressed(typed(page, "b-0-fresh", "1"), "save")  # marks the translation as made from the original
    assert b"<!-- #growth of " in drafts.file(draft_id, LESSON_EN).data
    page = pressed(typed(page, "b-0-zh", "树长高了。"), "save")
    assert "The original has changed since" in page.main
    assert any("has changed since it was translated" in words for words in page.links)
    page = pressed(page, "preview")
    assert "树长高了。" in page.main
    page = pressed(page, "add:1")
    assert [e.get("name") for e in page.root.iter() if "autofocus" in e.attrib] == ["b-1-zh"]
    typed(page, "b-1-id", "Second part")
    typed(page, "b-1-zh", "**重要：**碳汇")
    page = pressed(typed(page, "b-1-en", "Note"), "up:1")
    page = pressed(page, "save")
    assert [b.id for b in drafts.read(draft_id)[0].lessons["01-why-forests", "zh"].blocks] == [
        "second-part", "growth", "picture",
    ]  # fmt: skip
    pressed(pressed(page, "remove:0"), "save")
    assert drafts.file(draft_id, LESSON_EN).data != before
    assert b"second-part" not in drafts.file(draft_id, LESSON_ZH).data


def test_who_saves_over_another_is_shown_both_texts(seen_by: As):
    browser, draft_id = seen_by(AUTHOR), a_draft()
    mine = browser.open(f"/en/author/drafts/{draft_id}/lessons/01-why-forests")
    theirs = browser.open(f"/en/author/drafts/{draft_id}/lessons/01-why-forests")
    pressed(typed(theirs, "b-0-en", "Their words."), "save")
    page = pressed(typed(mine, "b-0-en", "My words."), "save", expect=409)
    assert "Their words." in page.main
    assert "My words." in page.main
    assert b"Their words." in drafts.file(draft_id, LESSON_EN).data
    pressed(page, "save")  # having seen both
    assert b"My words." in drafts.file(draft_id, LESSON_EN).data
    browser.open(f"/en/author/drafts/{draft_id}").submit("Undo this step")
    assert b"Their words." in drafts.file(draft_id, LESSON_EN).data


def test_what_is_written_saves_itself_unless_somebody_was_faster(seen_by: As):
    browser, draft_id = seen_by(AUTHOR), a_draft()
    page = browser.open(f"/en/author/drafts/{draft_id}/lessons/01-why-forests")
    answer = pressed(typed(page, "b-0-en", "Half a sentence"), "autosave")
    assert answer.response.json == {"revision-zh": 1, "revision-en": 2}
    again = pressed(typed(page, "b-0-en", "From an older page"), "autosave", expect=409)
    assert "Somebody saved" in again.html
    assert b"Half a sentence" in drafts.file(draft_id, LESSON_EN).data


@pytest.mark.parametrize(
    ("address", "field", "path"),
    [
        ("/bank/checked/0", "objective", BANK),
        ("/plan/course", "hours", "course.yml"),
        ("/plan/track", "title-en", "track.yml"),
        ("/files/bank/checked.yml", "text", BANK),
    ],
)
def test_every_form_saves_itself_and_a_sitting_is_one_step(seen_by: As, address: str, field: str, path: str):
    browser, draft_id = seen_by(AUTHOR), a_draft()
    before, steps = drafts.file(draft_id, path).data, len(drafts.changes(draft_id))
    page = browser.open(f"/en/author/drafts/{draft_id}{address}")
    assert "js/author" in page.html
    for said in ("Half", "Half a thought", "A thought"):
        answer = pressed(typed(page, field, said), "autosave")
        held = drafts.file(draft_id, path)
        assert answer.response.json == {"revision": held.revision}
        assert said.encode() in held.data
        typed(page, "revision", str(held.revision))
    assert len(drafts.changes(draft_id)) == steps + 1
    assert "Somebody saved" in pressed(typed(page, "revision", "1"), "autosave", expect=409).html
    browser.open(f"/en/author/drafts/{draft_id}").submit("Undo this step")
    assert drafts.file(draft_id, path).data == before


def test_an_item_is_written_duplicated_moved_and_taken_out(seen_by: As):
    browser, draft_id = seen_by(AUTHOR), a_draft()
    before = drafts.file(draft_id, BANK).data
    page = browser.open(f"/en/author/drafts/{draft_id}/bank").submit("Write a question")
    assert "One answer" in page.h1
    for name, value in {"stem-zh": "几？", "stem-en": "How many?", "objective": "units", "source-zh": "x",
                        "source-en": "x", "options-0-text-zh": "一", "options-0-text-en": "One",
                        "options-0-right": "true", "options-1-text-zh": "二"}.items():  # fmt: skip
        typed(page, name, value)
    page = pressed(page, "add:options")
    page = pressed(page, "remove:options.2")
    page = pressed(page, "save")
    assert any(
        "missing in one language" in words for words in page.links
    )  # saved with its fault, kept as typed
    page = pressed(typed(page, "options-1-text-en", "Two"), "save")
    assert not any("missing" in words for words in page.links)
    held = drafts.file(draft_id, BANK).data
    assert held.startswith(before)  # all others byte for byte
    assert records_of(held)[-1].value["source"] == "x"
    page = page.submit("Duplicate")
    page = typed(page, "to", "more").submit("Move")
    assert records_of(drafts.file(draft_id, "bank/more.yml").data)[0].value["id"].endswith("-copy")
    assert drafts.file(draft_id, BANK).data == held
    page = browser.open(f"/en/author/drafts/{draft_id}/bank?q=%E5%87%A0%EF%BC%9F")
    assert len(page.table()) == 2
    browser.open(f"/en/author/drafts/{draft_id}/bank/more/0").submit("Take this question out")
    assert records_of(drafts.file(draft_id, "bank/more.yml").data) == []


def test_the_course_is_a_form_that_keeps_what_it_does_not_know(seen_by: As):
    files = pack_files()
    draft_id = a_draft(files)
    page = seen_by(AUTHOR).open(f"/en/author/drafts/{draft_id}/plan/course")
    assert drafts.file(draft_id, "course.yml").data == files["course.yml"]
    page = pressed(page, "save")
    assert drafts.file(draft_id, "course.yml").revision == 1  # the same form is the same file
    page = pressed(page, "add:objectives")
    typed(page, "objectives-3-id", "more")
    typed(page, "objectives-3-text-zh", "更多")
    page = pressed(typed(page, "objectives-3-text-en", "More"), "save")
    assert [each.id for each in drafts.read(draft_id)[0].course.objectives][-1] == "more"
    assert drafts.file(draft_id, "course.yml").data.startswith(b"# A small course")


def a_photo() -> bytes:
    picture, out = Image.new("RGB", (40, 20), "green"), BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_a_picture_needs_its_words_and_leaves_its_camera_behind(seen_by: As):
    browser, draft_id = seen_by(AUTHOR), a_draft()
    page = browser.open(f"/en/author/drafts/{draft_id}/media")
    page.fill("Picture or sound", (BytesIO(a_photo()), "IMG 01.JPG"))
    page = page.submit("Add a picture", expect=422)
    assert len(page.errors) == 4
    for label in ("What can be seen, in Chinese", "What can be seen, in English", "Caption in Chinese",
                  "Caption in English"):  # fmt: skip
        page.fill(label, "Larch")
    page.fill("Picture or sound", (BytesIO(a_photo()), "IMG 01.JPG"))
    page.choose("Add it at the end of the lesson", "01-why-forests").submit("Add a picture")
    kept = drafts.file(draft_id, "media/img-01.jpg").data
    assert kept.startswith(b"\xff\xd8\xff")
    assert b"a camera" not in kept
    assert '![Larch](media/img-01.jpg "Larch")' in drafts.file(draft_id, LESSON_EN).data.decode()
    shown = browser.client.get(f"/author/drafts/{draft_id}/media/img-01.jpg")
    assert shown.headers["Content-Security-Policy"].endswith("sandbox")


GIFT = "::q-1:: 一吨碳是多少吨二氧化碳？｛＝3.67 ～1｝\n\n::q-2:: Essay {}\n"


def test_questions_are_looked_at_with_their_lines_before_they_are_taken_in(seen_by: As):
    browser, draft_id = seen_by(AUTHOR), a_draft()
    count = len(drafts.read(draft_id)[0].items)
    page = browser.open(f"/en/author/drafts/{draft_id}/import").choose("Format", "GIFT")
    page.fill("File with questions", (BytesIO(GIFT.encode()), "q.gift"))
    page = page.submit("Look at it first")
    assert {row["Line of the file"] for row in page.table("Remarks by line")} >= {"1", "3"}
    assert drafts.file(draft_id, BANK).revision == 1  # a dry run
    page = page.submit("Mend the full-width marks and look again")
    assert [row["Id"] for row in page.table("Items")] == ["q-1"]
    page.submit("Take them in")
    held = records_of(drafts.file(draft_id, BANK).data)
    assert held[-1].value["stem"] == {"zh": "一吨碳是多少吨二氧化碳？", "en": ""}
    other = "::q-1:: How much CO₂ is a tonne of carbon? {=3.67 ~1}\n"
    page = browser.open(f"/en/author/drafts/{draft_id}/import").choose("Format", "GIFT").choose("English")
    page.fill("File with questions", (BytesIO(other.encode()), "q.en.gift"))
    page.submit("Look at it first").submit("Take them in")
    held = records_of(drafts.file(draft_id, BANK).data)
    assert held[-1].value["stem"]["en"].startswith("How much")
    assert len(held) == count + 1


def test_questions_are_written_in_every_format_and_what_cannot_be_is_listed(seen_by: As):
    browser, draft_id = seen_by(AUTHOR), a_draft()
    page = browser.open(f"/en/author/drafts/{draft_id}/export?format=aiken&language=en")
    assert page.table("Left out, and why")
    for name in ("gift", "moodle", "aiken", "csv", "qti21", "qti30"):
        answer = browser.client.get(f"/author/drafts/{draft_id}/export-file?format={name}&language=zh")
        assert answer.data
        assert answer.headers["Content-Disposition"].startswith("attachment")
    whole = "export-file?format=scorm12&language=zh"  # a course goes out whole, whatever part is named
    answer = browser.client.get(f"/author/drafts/{draft_id}/{whole}&item=a%0D%0Ab%22")
    assert answer.headers["Content-Disposition"] == r'''attachment; filename="a b\"-scorm12.zh.zip"'''


def test_a_pack_comes_in_as_a_zip_and_goes_out_byte_for_byte(seen_by: As):
    browser = seen_by(AUTHOR)
    page = browser.open("/en/author/upload")
    page.fill("Course pack (ZIP)", (BytesIO(b"no zip"), "x.zip"))
    page = page.submit("Begin the draft", expect=422)
    assert page.errors
    folder = {f"course/{name}": data for name, data in pack_files().items()}
    page.fill("Course pack (ZIP)", (BytesIO(zip_of_files(folder)), "x.zip"))
    page = page.submit("Begin the draft")
    out = browser.client.get(page.links["Download as ZIP"])
    assert out.data == zip_of_files(pack_files())


def test_a_course_is_offered_published_compared_and_withdrawn(seen_by: As):
    draft_id = a_draft(files_of("everyone"))
    page = seen_by(AUTHOR).open(f"/en/author/drafts/{draft_id}").submit("Offer it for publication")
    assert "Publish version 1.2.0" not in page.buttons
    editor = seen_by(EDITOR)
    page = editor.open(f"/en/author/drafts/{draft_id}").submit("Publish version 1.2.0")
    page = page.submit("Begin a draft from it")
    page = pressed(typed(page, "version", "1.3.0"), "save")
    page = page.click("Changes")
    assert "Since version 1.2.0" in page.main
    assert "1.23.0" in page.main  # what goes beside what comes: a 2 struck out, a 3 put in
    page.click("Overview").submit("Offer it for publication")
    another = seen_by(Actor("usr_of_another_editor", EDITOR.roles))
    offered = next(each for each in drafts.drafts(EDITOR) if each.is_offered)
    page = another.open(f"/en/author/drafts/{offered.id}").submit("Publish version 1.3.0")
    assert "From 1.2.0 to 1.3.0" in page.main
    page.submit("Withdraw the version")
    newest = courses.newest_version("everyone")
    assert newest.version == "1.2.0"
    assert files_of_zip(courses.pack_of(newest.id)) == files_of("everyone")


def test_a_finding_leads_to_its_field(seen_by: As):
    files = pack_files()
    files[BANK] = files[BANK].replace(b"source: 12,000", b"origin: 12,000")
    draft_id = a_draft(files)
    page = seen_by(AUTHOR).open(f"/en/author/drafts/{draft_id}")
    target = next(url for words, url in page.links.items() if "origin" in words)
    assert target.endswith("/bank/checked/1")


@pytest.mark.parametrize("name", [*FORMATS, *scorm.EDITIONS])
def test_a_published_version_is_given_out_in_every_format(seen_by: As, name: str):
    browser, version_id = seen_by(AUTHOR), a_version()
    page = browser.open(f"/en/author/versions/{version_id}/export?format={name}&language=zh")
    (href,) = (link for link in page.links.values() if "export-file" in link)
    file = browser.client.get(href)
    assert file.status_code == 200
    assert "everyone-1.2.0" in file.headers["Content-Disposition"]
    pack, _findings = lint(files_of("everyone"))
    written = (
        scorm.write(pack, "zh", scorm.EDITIONS[name])
        if name in scorm.EDITIONS
        else write_items(name, (item for item, _, _ in pack.items), "zh")
    )
    assert file.data == written.data
    for left in written.left_out:
        assert left.item in page.main


def test_gift_files_are_one_bank_that_is_searched_edited_undone_and_added_to(seen_by: As):
    head = "$CATEGORY: units\n\n// [tag:objective:units] [tag:source:x]\n"
    zh = head + "::mass:: 一吨几公斤？ {=1000 ~100}\n\n::essay:: 谈谈 {}\n"
    en = head + "::mass:: Kilograms in a tonne? {=1000 ~100}\n"
    paths = ("bank/more.zh.gift", "bank/more.en.gift")
    files = dict(zip(paths, (zh.encode(), en.encode()), strict=True))
    browser, draft_id = seen_by(AUTHOR), a_draft({**pack_files(), **files})

    def held() -> dict[str, bytes]:
        return {path: drafts.file(draft_id, path).data for path in paths}

    page = browser.open(f"/en/author/drafts/{draft_id}/bank?bank=more.gift&category=units&q=tonne")
    (row,) = page.table()
    assert (row["Kind"], row["Category"], row["Bank file"]) == ("One answer", "units", "more.gift")
    page = page.click("Kilograms in a tonne?")
    typed(typed(page, "stem-zh", "一吨有多少公斤？"), "options-1-text-en", "")
    page = pressed(page, "save", expect=422)
    assert "Nothing is saved yet" in page.main
    assert held() == files
    page = pressed(typed(page, "options-1-text-en", "10"), "save")
    assert "一吨有多少公斤？".encode() in held()[paths[0]]
    assert "::essay:: 谈谈 {}".encode() in held()[paths[0]]
    assert b"~10\n" in held()[paths[1]]
    older = browser.open(f"/en/author/drafts/{draft_id}/bank/more.gift/0")
    answer = pressed(typed(page, "feedback-en", "A thousand."), "autosave").response.json
    assert answer == {"revision": f"{drafts.file(draft_id, paths[0]).revision}.3"}
    pressed(typed(older, "stem-en", "Late"), "save", expect=409)
    unfinished = typed(typed(page, "revision", answer["revision"]), "options-0-text-zh", "")
    assert "text in this language" in pressed(unfinished, "autosave", expect=422).html
    browser.open(f"/en/author/drafts/{draft_id}").submit("Undo this step")
    browser.open(f"/en/author/drafts/{draft_id}/history").submit("Undo this step")
    kept = held()
    page = browser.open(f"/en/author/drafts/{draft_id}/bank")
    page = page.choose("Kind", "True or false").choose("Bank file", "more.gift").submit("Write a question")
    assert held() == kept, "GIFT has no place for a question without a text"
    said = {"stem-zh": "对吗？", "stem-en": "Right?", "answer": "true", "objective": "units"}
    for name, value in said.items():
        typed(page, name, value)
    page = pressed(page, "save")
    assert held()[paths[1]].startswith(kept[paths[1]])
    assert any("has no source" in words for words in page.links), "a finding beside its item"
    typed(page, "to", "checked").submit("Move")
    assert held() == kept, "and moved between the two kinds of banks"
    assert records_of(drafts.file(draft_id, BANK).data)[-1].value["stem"]["en"] == "Right?"


def test_a_drawing_is_previewed_with_the_numbers_of_a_variant(seen_by: As):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><text>[[volume]]</text></svg>\n'
    bank = pack_files()[BANK]
    index = len(records_of(bank)) - 1
    value = records_of(bank)[index].value
    value["stem"]["zh"] += '\n\n![图 [[volume]]](media/v.svg "图")'
    bank = with_record(bank, index, value)
    browser, draft_id = seen_by(AUTHOR), a_draft({**pack_files(), "media/v.svg": svg, BANK: bank})
    page = browser.open(f"/en/author/drafts/{draft_id}/bank/checked/{index}")
    (address,) = [e.get("src") for e in page.root.iter("img") if "v.svg" in e.get("src", "")]
    number = address.partition("volume:")[2]
    assert 60 <= int(number) <= 240
    assert browser.open(address).response.data == svg.replace(b"[[volume]]", number.encode())
    browser.open(address.replace(number, "<b>"), expect=404)


def taken_in(browser: Browser, draft_id: str, name: str, lang: str, data: bytes) -> Page:
    """The draft's bank after a file of questions was looked at and taken in."""
    page = browser.open(f"/{lang}/author/drafts/{draft_id}/import")
    typed(page, "format", name)
    page.choose("中文" if lang == "zh" else "English")
    page.fill({"zh": "题目文件", "en": "File with questions"}[lang], (BytesIO(data), "questions"))
    looked = page.submit({"zh": "先看结果", "en": "Look at it first"}[lang])
    return looked.submit({"zh": "导入", "en": "Take them in"}[lang])


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", [*FORMATS])
def test_what_came_in_as_a_file_goes_out_as_the_same_file(seen_by: As, name: str, lang: str):
    """Also while it has one language only, no source and no objective: an import is that at first."""
    browser = seen_by(AUTHOR)
    sound, _findings = lint(pack_files())
    first = write_items(name, [item for item, _file, _line in sound.items], lang).data
    bare = {path: data for path, data in pack_files().items() if not path.startswith("bank/")}
    draft_id = a_draft(bare)
    taken_in(browser, draft_id, name, lang, first)
    assert not drafts.read(draft_id)[0].items  # the control: nothing of it is finished
    answer = browser.client.get(f"/author/drafts/{draft_id}/export-file?format={name}&language={lang}")
    assert answer.data == first


def test_an_item_that_is_misshapen_is_left_out_with_its_reason(seen_by: As):
    files = pack_files()
    broken = b"- id: broken\n  type: single\n  stem: {zh: x, en: x}\n  options: [{text: {zh: a, en: a}}]\n"
    draft_id = a_draft({**files, "bank/broken.yml": broken})
    page = seen_by(AUTHOR).open(f"/en/author/drafts/{draft_id}/export?format=gift&bank=broken&language=en")
    (row,) = page.table("Left out, and why")
    assert row["Quiz question"] == "broken"
    assert "No answer of this question is right" in row["Reason"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_where_nothing_can_be_written_there_is_no_file_to_take(seen_by: As, lang: str):
    one = (
        b"""- {id: q, type: short, stem: {zh: x, en: x}, answers: [{text: {zh: a, en: a}, right: true}]}\n"""
    )
    draft_id = a_draft({**pack_files(), "bank/one.yml": one})
    browser = seen_by(AUTHOR)
    said = {"zh": "因此没有文件", "en": "so there is no file"}[lang]
    asked = f"format=qti30&language={lang}&bank=one"
    page = browser.open(f"/{lang}/author/drafts/{draft_id}/export?{asked}")
    assert said in page.main
    assert not any("export-file" in href for href in page.links.values())
    page = browser.open(f"/author/drafts/{draft_id}/export-file?{asked}", expect=409)
    page = browser.open(f"/{lang}/author/drafts/{draft_id}/export?{asked.replace('qti30', 'gift')}")
    assert said not in page.main  # the control
    assert any("export-file" in href for href in page.links.values())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_long_bank_is_shown_in_parts_and_searched_whole(seen_by: As, lang: str):
    records = "".join(
        f"- id: q{number}\n  type: single\n  stem: {{zh: 问{number}, en: ask {number}}}\n"
        f"  category: {'even' if number % 2 == 0 else 'odd'}\n"
        "  options: [{text: {zh: 甲, en: a}, right: true}, {text: {zh: 乙, en: b}}]\n"
        for number in range(120)
    )
    bare = {path: data for path, data in pack_files().items() if not path.startswith("bank/")}
    draft_id = a_draft({**bare, "bank/many.yml": records.encode()})
    browser, address = seen_by(AUTHOR), f"/author/drafts/{draft_id}/bank?category=even"
    further = {"zh": "下一页", "en": "Next page"}[lang]
    page = browser.open(f"/{lang}{address}")
    seen = [*page.links]
    assert {"zh": "第 1–50 题，共 60 题", "en": "Questions 1 to 50 of 60"}[lang] in page.main
    page = page.click(further)
    seen += page.links
    assert {"zh": "第 51–60 题，共 60 题", "en": "Questions 51 to 60 of 60"}[lang] in page.main
    assert further not in page.links
    stem = {"zh": "问", "en": "ask "}[lang]
    listed = [words for words in seen if re.fullmatch(f"{stem}[0-9]+", words)]
    assert listed == [f"{stem}{number}" for number in range(0, 120, 2)]
    (row,) = browser.open(f"/{lang}{address}&q={stem}118").table()
    assert "118" in str(row)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_thousands_of_differences_are_counted_first_and_come_in_parts(seen_by: As, lang: str):
    item = "- {{id: q{0}, stem: {{zh: 问{0}, en: ask {0}}}}}\n"
    records = "".join(item.format(number) for number in range(1_200))
    draft_id = a_draft({"bank/many.yml": records.encode(), "course.yml": b"title: x\n"})
    browser, address = seen_by(AUTHOR), f"/{lang}/author/drafts/{draft_id}/changes"
    page = browser.open(address)
    # New, changed, moved and taken out, by file.
    assert [re.findall(r"[0-9,]+", " ".join(list(row.values())[1:])) for row in page.table()] == [
        ["1,200", "0", "0", "0"], ["1", "0", "0", "0"],
    ]  # fmt: skip
    said = {"zh": "第 {}–{} 处差异，共 1,201 处", "en": "Differences {} to {} of 1,201"}[lang]
    shown = []
    for first in range(0, 1_201, 50):
        assert said.format(f"{first + 1:,}", f"{min(first + 50, 1_201):,}") in page.main
        assert len(page.html) < 60_000
        shown += re.findall(r'<h3><span translate="no">([^<]*)</span>', page.html)
        further = page.links.get({"zh": "下一页", "en": "Next page"}[lang])
        assert further == (f"{address}?cursor={first + 50}#differences" if first < 1_200 else None)
        page = browser.open(further or page.links["course.yml"])
    assert shown == [*(f"q{number}" for number in range(1_200)), "title"]
    assert page.url == f"{address}?cursor=1200#differences", "the place of a file is its link"
    for nowhere in ("1201", "-1", "x", "9" * 40):
        assert said.format("1", "50") in browser.open(f"{address}?cursor={nowhere}").main


def test_a_bank_is_read_once_and_not_for_each_of_its_findings(seen_by: As, monkeypatch: pytest.MonkeyPatch):
    """The control: there are many more findings than readings."""
    records = "".join(
        f"- id: q{number}\n  type: single\n  stem: {{zh: 问, en: ''}}\n"
        "  options: [{text: {zh: 甲, en: ''}, right: 'true'}, {text: {zh: 乙, en: ''}}]\n"
        for number in range(40)
    )
    draft_id = a_draft({**pack_files(), "bank/many.yml": records.encode()})
    read: list[bytes] = []
    monkeypatch.setattr(banks, "records_of", lambda data: read.append(data) or records_of(data))
    browser = seen_by(AUTHOR)
    for address in ("/bank?bank=many", "/bank?bank=many&q=q", "/bank/many/7", ""):
        page = browser.open(f"/en/author/drafts/{draft_id}{address}")
    assert len(browser.open(f"/en/author/drafts/{draft_id}/bank?bank=many").table()) == 40
    assert len(drafts.findings(draft_id)) > 100
    assert read.count(records.encode()) == 1
    page = browser.open(f"/en/author/drafts/{draft_id}/bank/many/7")
    pressed(typed(page, "stem-en", "Another one"), "save")
    assert "Another one" in browser.open(f"/en/author/drafts/{draft_id}/bank?q=another").main
