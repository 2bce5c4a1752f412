"""The page object: what a person sees and does, over Flask's test client, in the words on the page.

    page = browser.open("/zh/offset")
    page = page.fill("千克", "250").submit("继续")
    assert page.h1 == "确认订单"

Every HTML page that is opened, in whatever test, is checked on arrival: `faults` lists what must hold.
"""

from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Self
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit
from xml.etree.ElementTree import Element

import html5lib
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_UNLABELLED = {"hidden", "submit", "button", "reset", "image"}
_BUTTON_TYPES = {"submit", "image"}
_SKIPPED = {"script", "style", "template", "noscript", "head"}
_BLOCKS = set(
    "address article aside blockquote br caption dd details div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 header hr legend li main nav ol p section summary table td th tr ul".split()
)


class PageFault(AssertionError):
    """A page breaks a rule that holds for all pages."""


class Browser:
    """One visitor: cookies are kept from page to page."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def open(self, path: str, *, expect: int = 200) -> "Page":
        """The page at ``path``, redirects followed, with this status."""
        return self._go("GET", path, None, expect)

    def _go(self, method: str, url: str, data: Any, expect: int) -> "Page":
        for _ in range(10):
            response = self.client.open(url, method=method, data=data)
            target = response.headers.get("Location")
            if response.status_code not in (301, 302, 303, 307, 308) or not target:
                break
            here = urljoin(f"http://{response.request.host}{url}", target)
            if urlsplit(here).netloc != response.request.host:
                break  # to another site, such as the payment page: `page.location` says where
            url = urlunsplit(("", "", *urlsplit(here)[2:4], ""))
            if response.status_code not in (307, 308):
                method, data = "GET", None
        else:
            raise PageFault(f"{url} redirects in circles")
        page = Page(self, url, response)
        if response.status_code != expect and not (page.location and expect == 200):
            raise PageFault(
                f"{method} {url} answered {response.status_code}, not {expect}:\n{page.text[:2000]}"
            )
        if page.is_html and (wrong := page.faults()):
            raise PageFault(f"{url}:\n" + "\n".join(f"  - {fault}" for fault in wrong))
        return page


class Page:
    """One answer. Fields are named by their labels, buttons and links by their words."""

    def __init__(self, browser: Browser, url: str, response: TestResponse) -> None:
        self.browser = browser
        self.url = url
        self.response = response
        self.status = response.status_code
        self.headers = response.headers
        self.location = response.headers.get("Location", "")
        self.is_html = response.mimetype == "text/html" and bool(response.data) and not self.location
        self.html = response.get_data(as_text=True) if response.mimetype.startswith("text/") else ""
        self.root, self._invalid = parse(self.html) if self.is_html else (Element("html"), [])
        self._typed: dict[int, list[Any]] = {}

    def __repr__(self) -> str:
        return f"<Page {self.url} {self.status}>"

    def faults(self) -> list[str]:
        """What breaks a rule that holds for all pages."""
        return [*self._invalid, *_faults_of(self.root, self.html, language_of(self.url))]

    # --- what it says

    @property
    def h1(self) -> str:
        return words(next(self.root.iter("h1"), Element("h1")))

    @property
    def title(self) -> str:
        return words(next(self.root.iter("title"), Element("title")))

    @property
    def lang(self) -> str:
        return self.root.get("lang", "")

    @property
    def text(self) -> str:
        """Every word on the page, one line per block, as a reader without styles would have it."""
        return words(next(self.root.iter("body"), self.root), lines=True) if self.is_html else self.html

    @property
    def main(self) -> str:
        """The words of the page's own content."""
        return words(next(self.root.iter("main"), self.root), lines=True)

    @property
    def links(self) -> dict[str, str]:
        """Words of each link → where it leads."""
        return {words(a): a.get("href", "") for a in self.root.iter("a") if a.get("href")}

    @property
    def buttons(self) -> list[str]:
        return [_button_words(b) for form in self.root.iter("form") for b in _buttons(form)]

    @property
    def errors(self) -> list[str]:
        """What the page says is wrong, from its error summary."""
        boxes = [e for e in self.root.iter() if "data-error-summary" in e.attrib]
        return [words(item) for box in boxes for item in box.iter("li")]

    def table(self, caption: str = "") -> list[dict[str, str]]:
        """Rows of the table with this caption (or the only one), each as heading → words."""
        tables = [
            t for t in self.root.iter("table") if caption in words(next(t.iter("caption"), Element("x")))
        ]
        if len(tables) != 1:
            raise LookupError(f"{len(tables)} tables captioned {caption!r} on {self.url}")
        rows = [[words(cell) for cell in row if cell.tag in ("th", "td")] for row in tables[0].iter("tr")]
        return [dict(zip(rows[0], row, strict=False)) for row in rows[1:]]

    def value(self, label: str) -> str:
        """What stands in the field with this label now."""
        return "".join(str(v) for _, v in self._values(self.field(label)))

    # --- what one does

    def field(self, label: str) -> Element:
        """The control with this label (its whole text, or else the only one it begins)."""
        labelled = {}
        for control in _controls(self.root):
            for text in label_of(self.root, control):
                labelled.setdefault(text, control)
        if label in labelled:
            return labelled[label]
        close = {id(c): c for text, c in labelled.items() if text.startswith(label)}
        if len(close) != 1:
            raise LookupError(f"no single field {label!r} on {self.url}; there are {sorted(labelled)}")
        return next(iter(close.values()))

    def fill(self, label: str, value: str | tuple[BytesIO, str]) -> Self:
        """Type into a field, or give a file as ``(BytesIO, name)``."""
        self._typed[id(self.field(label))] = [value]
        return self

    def choose(self, label: str, option: str | None = None) -> Self:
        """Choose a radio button by its label, or an option of a select by its words."""
        control = self.field(label)
        if control.tag == "select":
            options = {words(o): o.get("value", words(o)) for o in control.iter("option")}
            self._typed[id(control)] = [options[option or ""]]
            return self
        for other in _controls(self.root):
            if other.get("type") == "radio" and other.get("name") == control.get("name"):
                self._typed[id(other)] = []
        self._typed[id(control)] = [control.get("value", "on")]
        return self

    def tick(self, label: str, *, on: bool = True) -> Self:
        control = self.field(label)
        self._typed[id(control)] = [control.get("value", "on")] if on else []
        return self

    def submit(self, button: str = "", *, expect: int = 200) -> "Page":
        """Press the button with these words (the only one of the main content's form when none is given)."""
        form, pressed = self._pressed(button)
        fields = [pair for control in _controls(form) for pair in self._values(control)]
        if pressed.get("name"):
            fields.append((pressed.get("name", ""), pressed.get("value", "")))
        target = pressed.get("formaction") or form.get("action") or self.url
        target = urljoin(self.url, target)
        method = (pressed.get("formmethod") or form.get("method") or "get").upper()
        if method == "GET":
            return self.browser._go("GET", f"{target.split('?')[0]}?{urlencode(fields)}", None, expect)
        return self.browser._go("POST", target, _multi(fields), expect)

    def click(self, link: str, *, expect: int = 200) -> "Page":
        """Follow the link with these words (all of them, or else the only one that has them)."""
        found = [a.get("href", "") for a in self.root.iter("a") if words(a) == link]
        found = found or [a.get("href", "") for a in self.root.iter("a") if link in words(a)]
        if len(set(found)) != 1:
            raise LookupError(
                f"{len(set(found))} links {link!r} on {self.url}; there are {sorted(self.links)}"
            )
        return self.browser._go("GET", urljoin(self.url, found[0]).split("#")[0], None, expect)

    def _pressed(self, button: str) -> tuple[Element, Element]:
        scope = next(self.root.iter("main"), self.root) if not button else self.root
        pairs = [(form, b) for form in scope.iter("form") for b in _buttons(form)]
        named = [p for p in pairs if _button_words(p[1]) == button] or [
            p for p in pairs if button in _button_words(p[1])
        ]
        if len(named) != 1:
            raise LookupError(f"{len(named)} buttons {button!r} on {self.url}; there are {self.buttons}")
        return named[0]

    def _values(self, control: Element) -> Iterator[tuple[str, Any]]:
        """What the control sends: as typed, else as it came."""
        name = control.get("name")
        if not name or "disabled" in control.attrib:
            return
        if id(control) in self._typed:
            yield from ((name, value) for value in self._typed[id(control)])
        elif control.tag == "select":
            options = list(control.iter("option"))
            chosen = [o for o in options if "selected" in o.attrib] or options[:1]
            yield from ((name, o.get("value", words(o))) for o in chosen)
        elif control.tag == "textarea":
            yield name, (control.text or "").removeprefix("\n")
        elif control.get("type") in ("checkbox", "radio"):
            if "checked" in control.attrib:
                yield name, control.get("value", "on")
        elif control.get("type") != "file":
            yield name, control.get("value", "")


# --- what must hold on every page ---------------------------------------------------------------------


def faults(html: str, language: str | None = None) -> list[str]:
    """What is wrong with a page, one sentence each; empty when all is well."""
    root, invalid = parse(html)
    return [*invalid, *_faults_of(root, html, language)]


def _faults_of(root: Element, html: str, language: str | None) -> list[str]:
    return [
        *_outline_faults(root, language),
        *_name_faults(root),
        *_control_faults(root),
        *_id_faults(root),
        *_content_policy_faults(root),
        *(["a test bracket ⟦ ⟧ shows"] if "⟦" in html or "⟧" in html else []),
    ]


def parse(html: str) -> tuple[Element, list[str]]:
    """The document and what a strict HTML parser has against it."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    root = parser.parse(html)
    invalid = [f"HTML at {line}:{column}: {code} {data}" for (line, column), code, data in parser.errors]
    return root, invalid


def language_of(url: str) -> str | None:
    return {"zh": "zh-CN", "en": "en"}.get(url.split("?")[0].strip("/").split("/")[0])


def _outline_faults(root: Element, language: str | None) -> Iterator[str]:
    headings = [words(h) for h in root.iter("h1")]
    if len(headings) != 1:
        yield f"one h1 is wanted, there are {len(headings)}: {headings}"
    elif not headings[0]:
        yield "the h1 is empty"
    if not words(next(root.iter("title"), Element("title"))):
        yield "the title is empty"
    if not root.get("lang"):
        yield "html has no lang"
    elif language and root.get("lang") != language:
        yield f"html lang is {root.get('lang')}, the address says {language}"
    if sum(1 for _ in root.iter("main")) != 1:
        yield "one main is wanted"


def _name_faults(root: Element) -> Iterator[str]:
    for a in root.iter("a"):
        if a.get("href") and not (
            words(a) or a.get("aria-label") or any(i.get("alt") for i in a.iter("img"))
        ):
            yield f"a link to {a.get('href')} has no words"
    for image in root.iter("img"):
        if image.get("alt") is None:
            yield f"image {image.get('src')} has no alt"


def _control_faults(root: Element) -> Iterator[str]:
    for control in _controls(root):
        if control.get("type") not in _UNLABELLED and not any(label_of(root, control)):
            yield f"{control.tag} {control.get('name')!r} has no label"
    for form in root.iter("form"):
        for button in _buttons(form):
            if not _button_words(button):
                yield "a button has no words"


def _id_faults(root: Element) -> Iterator[str]:
    ids = Counter(e.get("id") for e in root.iter() if e.get("id"))
    yield from (f"id {name!r} occurs {count} times" for name, count in ids.items() if count > 1)
    for element in root.iter():
        for attribute in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
            for name in element.get(attribute, "").split():
                if name not in ids:
                    yield f"{element.tag} {attribute}={name!r} points nowhere"


def _content_policy_faults(root: Element) -> Iterator[str]:
    """The content security policy refuses inline script and style; so do we, before a browser does."""
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag == "style" or "style" in element.attrib:
            yield f"inline style on {element.tag}"
        if element.tag == "script" and not element.get("src") and "json" not in element.get("type", ""):
            yield "inline script"
        yield from (f"{name} on {element.tag}" for name in element.attrib if str(name).startswith("on"))
        if element.get("href", "").strip().lower().startswith("javascript:"):
            yield "a javascript: link"


# --- reading the tree -------------------------------------------------------------------------------


def words(element: Element, *, lines: bool = False) -> str:
    """Text of an element with white space settled; ``lines`` keeps one line per block."""
    text = "".join(_pieces(element))
    if not lines:
        return " ".join(text.split())
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.split("\n"))))


def _pieces(element: Element) -> Iterator[str]:
    if not isinstance(element.tag, str) or element.tag in _SKIPPED:
        return
    is_block = element.tag in _BLOCKS
    if is_block:
        yield "\n"
    yield (element.text or "").replace("\n", " ")
    for child in element:
        yield from _pieces(child)
        yield (child.tail or "").replace("\n", " ")
    if is_block:
        yield "\n"


def label_of(root: Element, control: Element) -> list[str]:
    """Every text that names the control: its label, the label around it, aria-label, aria-labelledby."""
    by_id = {e.get("id"): e for e in root.iter() if e.get("id")}
    texts = [
        words(label)
        for label in root.iter("label")
        if control.get("id") and label.get("for") == control.get("id")
    ]
    texts += [words(label) for label in root.iter("label") if any(inner is control for inner in label.iter())]
    texts += [words(by_id[name]) for name in control.get("aria-labelledby", "").split() if name in by_id]
    if control.get("aria-label"):
        texts.append(control.get("aria-label", ""))
    return [text for text in texts if text]


def _controls(scope: Element) -> list[Element]:
    return [
        e
        for e in scope.iter()
        if e.tag in ("input", "select", "textarea") and e.get("type") not in _BUTTON_TYPES
    ]


def _buttons(form: Element) -> list[Element]:
    return [
        e
        for e in form.iter()
        if (e.tag == "button" and e.get("type", "submit") == "submit")
        or (e.tag == "input" and e.get("type") in _BUTTON_TYPES)
    ]


def _button_words(button: Element) -> str:
    return words(button) or button.get("value", "") or button.get("aria-label", "")


def _multi(fields: list[tuple[str, Any]]) -> dict[str, list[Any]]:
    sent: dict[str, list[Any]] = {}
    for name, value in fields:
        sent.setdefault(name, []).append(value)
    return sent
