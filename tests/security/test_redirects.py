"""Every address that could lead somewhere else leads nowhere else."""

import re
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from flask import Flask

from portal.accounts import destination
from tests.security.conftest import Site
from tests.security.test_matrix import address, ask

ELSEWHERE = (
    "https://evil.example", "//evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example",
    "/\t/evil.example", "/%09/evil.example", "https:evil.example", "http:/evil.example",
    "javascript:alert(1)",
    "data:text/html,x", " https://evil.example", "/en/../..//evil.example", "/en/@evil.example",
    "https://carbon.example.cn@evil.example", "/en/account?next=//evil.example", "／／evil.example",
    "%2f%2fevil.example",
)  # fmt: skip
NAMES = ("next", "to", "url", "back", "return", "return_to", "redirect", "continue", "from", "source", "r")


def leads_away(answer_location: str) -> bool:
    """Whether a browser that is told so would leave the site."""
    plain = re.sub(r"[\t\r\n]", "", answer_location).strip().replace("\\", "/")
    there = urlsplit(urljoin("http://localhost/en/", re.sub("^//+", "//", plain)))
    return there.hostname not in ("localhost", None) or there.scheme not in ("http", "https")


def test_no_redirect_leads_elsewhere(site: Site):
    """Other sites, however they are written and whatever the field is called, at every plain address."""
    wrong = []
    rules = [rule for rule in site.rules("GET") if rule.arguments <= {"lang"}]
    assert len(rules) > 80
    for number, rule in enumerate(rules):
        target = ELSEWHERE[number % len(ELSEWHERE)]
        query = urlencode(dict.fromkeys(NAMES, target))
        answer = ask(site, site.estate.owner, "GET", f"{address(rule, {})}?{query}")
        if leads_away(answer.headers.get("Location", "")):
            wrong.append(f"{rule.rule}: {answer.headers['Location']}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_the_page_to_come_back_to_is_one_of_ours(app: Flask, target: str):
    with app.test_request_context("/en/account/sign-in"):
        assert not leads_away(destination.local_page(target))


def test_another_site_would_be_noticed():
    for target in ELSEWHERE[:6]:
        assert leads_away(target), target
    assert not leads_away("/en/account")
