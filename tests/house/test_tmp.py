from portal.db import db
from tests import browser as b
import pytest
from tests.looks.chromium import look

def test_a(app): assert db.engine.dialect.name == "sqlite"
def test_b(any_app): assert db.session.connection()
def test_c(pg_app): assert db.engine.dialect.name == "postgresql"
def test_d(browser):
    try:
        page = browser.open("/zh/nowhere", expect=404); print(page.text)
    except Exception as e: print(repr(e)[:3000])
def test_e(visit):
    p = visit(); p.set_content("<html lang=en><head><title>x</title></head><body><main><h1>hi 你好</h1></main></body></html>"); look(p, "tmp x")
