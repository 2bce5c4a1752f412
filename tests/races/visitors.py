"""A visitor with a real HTTP client: cookies, hidden fields and all, fast enough to be many at once."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag == "input" and self.forms and given.get("type") == "hidden":
            self.forms[-1].fields[given.get("name", "")] = given.get("value", "")


@dataclass(frozen=True)
class Answer:
    """What came back. ``location`` is where it sends the visitor, as an absolute address, or nothing."""

    status: int
    url: str
    html: str
    location: str

    @property
    def lang(self) -> str:
        found = re.search(r'<html[^>]* lang="([^"]+)"', self.html)
        return found[1] if found else ""

    @property
    def h1(self) -> str:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.html, re.S)
        return unescape(re.sub(r"<[^>]+>", "", found[1])).strip() if found else ""

    @property
    def text(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html)).split())

    def form(self, action: str = "") -> Form:
        """The first form that is posted to an address with ``action`` in it. Raises LookupError."""
        for each in _Forms(self.html).forms:
            if each.method == "post" and action in (each.action or self.url):
                return each
        raise LookupError(f"no form to {action!r} on {self.url} ({self.status}):\n{self.text[:500]}")


class Visitor:
    """One person at one browser, with every answer that was given to them.

    Raises requests.ConnectionError when the server dies under the request.
    """

    def __init__(self, base_url: str, lang: str) -> None:
        self.base_url = base_url
        self.lang = lang
        self.http = requests.Session()
        self.http.headers["Accept-Language"] = lang
        self.answers: list[Answer] = []

    def open(self, address: str) -> Answer:
        """``address`` is a path without its language, or a whole address."""
        if address.startswith("/"):
            address = f"{self.base_url}/{self.lang}{address}"
        return self._go("GET", address, None)

    def send(self, page: Answer, action: str = "", **typed: str) -> Answer:
        """Fill in and send the page's form."""
        form = page.form(action)
        return self._go("POST", urljoin(page.url, form.action), form.fields | typed)

    def follow(self, answer: Answer) -> Answer:
        """Go where it sends one, to the end."""
        while answer.location:
            answer = self.open(answer.location)
        return answer

    def _go(self, method: str, url: str, data: dict[str, str] | None) -> Answer:
        got = self.http.request(method, url, data=data, allow_redirects=False, timeout=60)
        target = got.headers.get("Location", "")
        answer = Answer(
            got.status_code, url, "" if target else got.text, urljoin(url, target) if target else ""
        )
        self.answers.append(answer)
        return answer


def quote_page(visitor: Visitor, kg: int, lot: str) -> Answer:
    page = visitor.open(f"/offset/quote?kg={kg}&lot={lot}")
    assert page.status == 200, page.text[:500]
    return page


def press_buy(visitor: Visitor, page: Answer, who: str, *, consent: bool = True) -> Answer:
    """Fill in the quote's form and send it: leads to the payment page when the credits are reserved."""
    typed = {"name": f"{who} 林", "email": f"{who}@example.cn", "payment": "card"}
    return visitor.send(page, "/offset/quote", **typed, **({"consent": "y"} if consent else {}))
