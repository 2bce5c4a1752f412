"""What machines ask of any site by convention."""

from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.config import BadConfiguration, Config
from tests.conftest import portal_on
from tests.factories.registry import make_lot

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
TWIN = "{http://www.w3.org/1999/xhtml}link"


def test_robots_may_read_what_is_public_and_leave_what_belongs_to_one_person(client: FlaskClient):
    rules = RobotFileParser()
    rules.parse(client.get("/robots.txt").get_data(as_text=True).splitlines())
    assert rules.can_fetch("any", "http://127.0.0.1:5000/zh/projects")
    assert not rules.can_fetch("any", "http://127.0.0.1:5000/en/account/orders")
    assert not rules.can_fetch("any", "http://127.0.0.1:5000/zh/desk")
    assert rules.site_maps() == ["http://127.0.0.1:5000/sitemap.xml"]


def test_every_page_of_the_sitemap_opens_and_has_its_twin(client: FlaskClient):
    make_lot()
    root = ElementTree.fromstring(client.get("/sitemap.xml").data)
    pages = {page.findtext(f"{SITEMAP}loc") or "": page for page in root}
    base = "http://127.0.0.1:5000"
    assert {f"{base}/zh/", f"{base}/en/register", f"{base}/zh/pledges", f"{base}/en/calculator"} <= {*pages}
    assert not [address for address in pages if "/account" in address or "/desk" in address]
    for address, page in pages.items():
        twins = {link.attrib["hreflang"]: link.attrib["href"] for link in page.findall(TWIN)}
        assert {*twins} == {"zh", "en"}
        assert address in twins.values()
        assert client.get(address.removeprefix(base)).status_code == 200, address


def test_whom_to_tell_of_a_weakness(app: Flask, tmp_path_factory: pytest.TempPathFactory):
    assert app.test_client().get("/.well-known/security.txt").status_code == 404
    contact = "mailto:security@carbon.example"
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    with portal_on(url, tmp_path_factory.mktemp("named"), security_contact=contact) as named:
        answer = named.test_client().get("/.well-known/security.txt")
    fields = dict(line.split(": ", 1) for line in answer.get_data(as_text=True).splitlines())
    assert fields["Contact"] == contact
    assert fields["Expires"].endswith("T00:00:00Z")
    assert fields["Canonical"] == "http://127.0.0.1:5000/.well-known/security.txt"
    assert answer.content_type == "text/plain; charset=utf-8"


def test_a_contact_is_an_address():
    with pytest.raises(BadConfiguration) as refused:
        Config.from_env({"SECURITY_CONTACT": "somebody"})
    assert refused.value.faults == ["SECURITY_CONTACT must begin with mailto: or https://"]
