"""Which language a page speaks, how values are written in it, and that nothing is left untranslated."""

import csv
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from portal.config import LANGS, ROOT
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.web import catalogues, i18n
from tests.browser import Browser, words
from tests.conftest import portal_on
from tests.factories.registry import hold, make_lot, retire
from tests.house.translated import BracketedTexts, untranslated
from tests.web.conftest import open_room

# --- which language


@pytest.mark.parametrize(
    ("asked", "lang"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-TW", "zh"),
        ("en-GB,en;q=0.9", "en"),
        ("fr-FR,en;q=0.3,zh;q=0.2", "en"),
        ("fr,de", "zh"),
        ("", "zh"),
        ("*", "zh"),
        ("en;q=0,zh", "zh"),
        ("x" * 5_000, "zh"),
        ("zh;q=abc,en;q=0.5", "en"),
    ],
)
def test_the_front_door_leads_to_the_readers_language(client: FlaskClient, asked: str, lang: str):
    answer = client.get("/", headers={"Accept-Language": asked})
    assert (answer.status_code, answer.location) == (302, f"/{lang}/")
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in answer.headers["Vary"].split(",")}


def test_the_language_read_last_is_remembered(client: FlaskClient):
    german = {"Accept-Language": "de,en;q=0.5"}
    client.get("/zh/about", headers=german)
    assert client.get("/", headers=german).location == "/zh/"
    client.get("/en/about", headers=german)
    assert client.get("/", headers=german).location == "/en/"


def test_a_reader_of_the_browsers_own_language_gets_no_cookie(client: FlaskClient):
    answer = client.get("/en/about", headers={"Accept-Language": "en"})
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("cookie", ["fr", "", "zh; x", "en\0", "../en", "x" * 4_000])
def test_a_strange_language_cookie_is_passed_over(client: FlaskClient, cookie: str):
    answer = client.get("/", headers={"Accept-Language": "en", "Cookie": f"lang={cookie}"})
    assert answer.location == "/en/"


@pytest.mark.parametrize(("lang", "html_lang", "other"), [("en", "en", "zh"), ("zh", "zh-CN", "en")])
def test_an_unknown_address_is_answered_in_its_language(
    client: FlaskClient, lang: str, html_lang: str, other: str
):
    for path in ("nowhere", "projects/unknown", "log/7", "a/b/c"):
        answer = client.get(f"/{lang}/{path}", headers={"Accept-Language": other})
        assert answer.status_code == 404
        assert f'<html lang="{html_lang}">' in answer.text


@pytest.mark.parametrize("path", ["/zhen/about", "/fr/about", "/EN/about", "/zh-CN/about"])
def test_there_are_two_languages(client: FlaskClient, path: str):
    assert client.get(path).status_code == 404


# --- the twin of a page


@pytest.mark.parametrize(
    ("path", "twin"),
    [
        ("/en/about", "/zh/about"),
        ("/en/projects?type=ARR", "/zh/projects?type=ARR"),
        ("/en/about?a=b%26c%20d&x=%E4%BC%8A", "/zh/about?a=b%26c%20d&x=%E4%BC%8A"),
        ("/en/nowhere?x=1", "/zh/"),
    ],
)
def test_the_switch_keeps_path_and_query(app: Flask, path: str, twin: str):
    page = Browser(app.test_client()).open(path, expect=404 if "nowhere" in path else 200)
    assert page.links["中文"] == twin
    alternates = {e.get("hreflang"): e.get("href") for e in page.root.iter("link") if e.get("hreflang")}
    assert alternates["zh-CN"] == f"http://127.0.0.1:5000{twin}"


def test_links_for_machines_come_from_the_configured_address(app: Flask):
    page = app.test_client().get("/en/about", headers={"Host": "evil.example"})
    assert "evil.example" not in page.text


# --- how values are written


@pytest.fixture(params=LANGS)
def lang(request: pytest.FixtureRequest, app: Flask) -> str:
    g.lang = request.param
    return str(request.param)


def test_numbers_are_the_same_in_both_languages(lang: str):
    assert i18n.mass(Mass.g(1_234_567_890)) == "1,234,567 kg CO₂e"
    assert i18n.mass(Mass.g(999)) == "0 kg CO₂e"
    assert i18n.mass_exact(Mass.g(1_234_567)) == "1,234.567 kg CO₂e"
    assert i18n.tonnes(Mass.g(1_999_999)) == "1.99 t CO₂e"
    assert i18n.number(1_234_567) == "1,234,567"
    assert (i18n.number("1234.50"), i18n.money(Money.cny("1234.50"))) == ("1,234.5", "¥1,234.50")
    assert i18n.money(Money.cny("1234567.8")) == "¥1,234,567.80"
    assert i18n.money(Money.cny("-0.05")) == "-¥0.05"


def test_a_per_cent_sign_stays_with_its_number(lang: str):
    said = {"zh": "63.1%", "en": "63.1\u00a0%"}[lang]
    assert i18n.percent(Decimal("63.1")) == i18n.percent("63.1") == said
    assert i18n.percent(1234) == said.replace("63.1", "1,234")
    needed = i18n.gettext("Not taken yet. %(needed)s %% of the marks are needed.", needed=80)
    assert {"zh": "80%", "en": "80\u00a0%"}[lang] in needed


# A colon that is part of a label, or written behind it by hand: in Chinese it is a wide one without a space.
COLON = re.compile(r"""_\("[^"]*:"\) ?\}\}(</?[a-z]+>)? +[^ ]|\{% block title %\}.*\}\}: """)


def test_no_label_brings_a_colon_of_its_own():
    for file in (ROOT / "templates").rglob("*.html"):
        assert not COLON.search(file.read_text("utf-8")), file.name


@pytest.mark.parametrize(
    "planted",
    [
        '{{ _("Source:") }} {{ it }}',
        '<b>{{ _("Answer:") }}</b> {{ it }}',
        "{% block title %}{{ it }}: {{ is }}",
    ],
)
def test_a_colon_of_its_own_is_found(planted: str):
    """The control."""
    assert COLON.search(planted)


# A sign written behind a value by hand: a line may end before it, and in Chinese there is no space.
BY_HAND = re.compile(r"""\}\} %[^}]|~ " ?%"|"[0-9]+ %\"""")


def test_no_page_writes_a_per_cent_sign_by_hand():
    for file in (ROOT / "templates").rglob("*.html"):
        assert not BY_HAND.search(file.read_text("utf-8")), file.name


@pytest.mark.parametrize(
    "planted", ["{{ reached }} %</p>", 'num(share.percent ~ " %")', 'num("100 %")', "{{ value }} %{% else %}"]
)
def test_a_sign_by_hand_is_found(planted: str):
    """The control."""
    assert BY_HAND.search(planted)


def test_a_day_is_the_citys_day(app: Flask):
    late = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    g.lang = "zh"
    assert (i18n.day(late), i18n.day(date(2026, 3, 5))) == ("2027年1月1日", "2026年3月5日")
    assert i18n.instant(late).startswith("2027-01-01 00:30（")
    g.lang = "en"
    assert (i18n.day(late), i18n.day(date(2026, 3, 5))) == ("1 January 2027", "5 March 2026")
    assert i18n.word(date(2026, 3, 5)) == "5 March 2026", "in a sentence too"
    assert i18n.instant(late) == "2027-01-01 00:30 (Beijing time)"


@pytest.mark.parametrize(
    ("name", "zh", "en"),
    [
        ("China", "中国", "China"),
        ("Uganda", "乌干达", "Uganda"),
        ("Narnia", "Narnia", "Narnia"),
        ("", "", ""),
    ],
)
def test_a_country_is_named_in_the_readers_language(app: Flask, name: str, zh: str, en: str):
    for lang, said in (("zh", zh), ("en", en)):
        g.lang = lang
        assert i18n.country(name) == said


def test_a_missing_side_says_so(room: Flask):
    said = room.test_client().get("/en/tried/words", query_string={"template": "{{ half | bi }}"}).text
    assert "(not yet available in English)" in said
    assert 'lang="zh-CN"' in said


# --- texts in templates


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ('{{ _("Hello %(name)s", name=name) }}', "Hello &lt;b&gt;&amp; 伊春"),
        ('{{ _("<em>50 %%</em> of %(name)s", name=name) }}', "<em>50 %</em> of &lt;b&gt;&amp; 伊春"),
        ('{{ gettext("plain") }}', "plain"),
        ('{{ ngettext("%(num)s lot", "%(num)s lots", 1) }}', "1 lot"),
        ('{{ ngettext("%(num)s lot", "%(num)s lots", 2) }}', "2 lots"),
        ("{% trans who=name %}Hello {{ who }}{% endtrans %}", "Hello &lt;b&gt;&amp; 伊春"),
        ("{% trans count=3 %}{{ count }} lot{% pluralize %}{{ count }} lots{% endtrans %}", "3 lots"),
        ("{{ error | message }}", "Only 1,250 kg CO₂e are left."),
        ("{{ mass | mass }}", "1,234 kg CO₂e"),
    ],
)
def test_a_text_is_markup_and_what_fills_it_is_escaped(room: Flask, template: str, said: str):
    answer = room.test_client().get("/en/tried/words", query_string={"template": template})
    assert answer.text == said


def test_a_text_is_translated(room: Flask):
    client = room.test_client()
    query = {"template": '{{ _("Projects") }} {{ _("not in any catalogue") }}'}
    assert client.get("/en/tried/words", query_string=query).text == "Projects not in any catalogue"
    zh = client.get("/zh/tried/words", query_string=query).text
    assert zh != "Projects not in any catalogue"
    assert zh.endswith("not in any catalogue")


def test_catalogues_are_read_as_translators_keep_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "zh_Hans_CN" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "portal.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
        'msgid "Buy"\nmsgstr "购买"\n\nmsgid "lot"\nmsgid_plural "lots"\nmsgstr[0] "批次"\n'
    )
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    catalogues.texts.cache_clear()
    try:
        zh, en = catalogues.texts("zh"), catalogues.texts("en")
        assert (zh.gettext("Buy"), zh.ngettext("lot", "lots", 2)) == ("购买", "批次")
        assert (en.gettext("Buy"), en.ngettext("lot", "lots", 2)) == ("Buy", "lots")
    finally:
        catalogues.texts.cache_clear()


# --- nothing is left out

# Codes and serials of the factory's project, a fingerprint, a methodology, what a verifier wrote; and months,
# which Babel writes.
CODES = re.compile(
    r"(HLYC|RET|LOT|CCER|SHA)-\S+|[0-9a-f]{16}…|China|verifier|positive|January|June|November|December"
)


def test_pages_with_data_hold_no_untranslated_word(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: Callable[[str], datetime]
):
    at("2026-11-22T08:30:00Z")
    monkeypatch.setattr(catalogues, "texts", lambda _language: BracketedTexts())
    monkeypatch.setattr(Bilingual, "in_", lambda self, lang: f"⟦{getattr(self, lang)}⟧")
    with portal_on(sqlite_url, tmp_path) as app:
        open_room(app)
        make_lot()
        retire(hold(250))
        client = app.test_client()
        paths = [
            "/en/projects", "/en/projects?type=IFM", "/en/projects/HLYC-0001", "/en/lots/LOT-A", "/en/log",
            "/en/register?serial=HLYC-0001-ARR-2024-1-1-10", "/en/register?serial=nonsense", "/en/nowhere",
            "/en/tried/raise/invalid", "/en/tried/raise/not-allowed", "/en/tried/raise/unavailable",
            "/en/tried/raise/bug", "/en/tried/raise/no-database",
        ]  # fmt: skip
        said = {path: untranslated(client.get(path).text) for path in paths}
    wrong = {path: [word for word in bare if not CODES.fullmatch(word)] for path, bare in said.items()}
    assert not any(wrong.values()), wrong


def test_a_word_outside_the_brackets_is_found(room: Flask, monkeypatch: pytest.MonkeyPatch):
    """The control: the same page with one forgotten word."""
    monkeypatch.setattr(catalogues, "texts", lambda _language: BracketedTexts())
    template = '<html><body><main><h1>{{ _("Projects") }}</h1><p>forgotten</p></main></body></html>'
    page = room.test_client().get("/en/tried/words", query_string={"template": template}).text
    assert untranslated(page) == ["forgotten"]
    assert "⟦Projects⟧" in page


@pytest.mark.parametrize("lang", LANGS)
def test_a_chinese_page_speaks_chinese(app: Flask, lang: str):
    page = Browser(app.test_client()).open(f"/{lang}/projects")
    heading = words(next(page.root.iter("h1")))
    assert any("\u4e00" <= c <= "\u9fff" for c in heading) == (lang == "zh")


def test_every_country_of_the_demonstration_has_its_chinese_name(app: Flask):
    with open(ROOT / "portal" / "ops" / "demo" / "verra-transactions.csv", newline="") as file:
        names = {row["Country/Area"] for row in csv.DictReader(file)}
    g.lang = "zh"
    assert len(names) > 20
    assert [name for name in names if i18n.country(name).isascii()] == []


@pytest.mark.parametrize(
    ("zone", "month", "zh", "en"),
    [
        ("Europe/Berlin", 1, "2027-01-15 13:00（柏林时间，UTC+1）", "2027-01-15 13:00 (Berlin time, UTC+1)"),
        ("Europe/Berlin", 7, "2027-07-15 14:00（柏林时间，UTC+2）", "2027-07-15 14:00 (Berlin time, UTC+2)"),
        ("America/St_Johns", 1, "2027-01-15 08:30（圣约翰斯时间，UTC-3:30）",
         "2027-01-15 08:30 (St. John’s time, UTC-3:30)"),
        ("Asia/Shanghai", 1, "2027-01-15 20:00（北京时间）", "2027-01-15 20:00 (Beijing time)"),
    ],
)  # fmt: skip
def test_an_instant_is_said_in_the_zone_asked_for_or_carried(app, zone, month, zh, en):
    noon = datetime(2027, month, 15, 12, tzinfo=UTC)
    for language, said in (("zh", zh), ("en", en)):
        with app.test_request_context(f"/{language}/"):
            i18n.speak(language)
            assert i18n.instant(noon, ZoneInfo(zone)) == said
            assert i18n.instant(noon.astimezone(ZoneInfo(zone))) == said
