"""Which pages may be read from a replica, and that a portal with one starts only on PostgreSQL."""

import re

import pytest
from flask import Flask, g
from psycopg.errors import QueryCanceled
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog.testing import capture_logs

from portal.config import BadConfiguration, Config
from portal.db import transaction
from portal.ops import replica


def test_every_page_that_may_lag_exists_is_open_and_is_read(app: Flask):
    for endpoint in replica.MAY_LAG:
        assert app.view_functions[endpoint].__guard__ == "open_to_all", endpoint  # type: ignore[attr-defined]
        assert any("GET" in (rule.methods or ()) for rule in app.url_map.iter_rules(endpoint)), endpoint


@pytest.mark.parametrize(
    "room", ["shop", "shop_basket", "certificates", "registry_log_files", "accounts", "desk"]
)
def test_what_must_be_true_now_is_read_from_the_primary(app: Flask, room: str):
    of_room = {name for name in app.view_functions if name.split(".")[0] == room}
    assert of_room
    assert not of_room & replica.MAY_LAG


def test_without_a_replica_nothing_is_asked_and_nothing_is_left_in_the_browser(app: Flask):
    answer = app.test_client().get("/zh/projects")
    assert "written" not in answer.headers.get("Set-Cookie", "")
    with app.test_request_context("/zh/projects"):
        with transaction():
            pass
        assert replica.lag_seconds() is None
        assert not replica.give_up(PoolTimeout())


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (DBAPIError("SELECT 'Li Hua'", {}, QueryCanceled("at db.example.cn")), "QueryCanceled 57014"),
        (PoolTimeout("QueuePool of postgresql://portal:secret@db.example.cn"), "TimeoutError"),
        (None, "OperationalError"),
    ],
)
def test_the_log_says_what_fault_a_replica_had_and_nothing_of_where_it_is(
    app: Flask, fault: SQLAlchemyError | None, kind: str
):
    """None: a server that nobody can reach."""
    if fault is None:
        with pytest.raises(OperationalError) as raised:
            create_engine("postgresql+psycopg://portal:secret@127.0.0.1:1/example").connect()
        fault = raised.value
    with app.test_request_context("/zh/projects"), capture_logs() as said:
        g.reads_replica = True
        assert replica.give_up(fault)
        replica._rests_until.clear()
    (line,) = said
    assert (line["event"], line["fault"]) == ("the replica is left alone", kind)
    assert not re.search("secret|example|127|Li Hua|portal:", str(line))
    assert re.search("secret|example|127|Li Hua|portal:", str(fault)), "the control: its words would tell"


@pytest.mark.parametrize(
    ("primary", "second"),
    [("sqlite:////tmp/x", "postgresql://r/portal"), ("postgresql://p/portal", "sqlite:////tmp/x")],
)
def test_two_servers_are_two_of_postgresql(primary: str, second: str, tmp_path):
    given = {"DATABASE_URL": primary, "DATABASE_REPLICA_URL": second, "INSTANCE_DIR": str(tmp_path)}
    with pytest.raises(BadConfiguration, match="DATABASE_REPLICA_URL"):
        Config.from_env(given)
