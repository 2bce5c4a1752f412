"""Public pages read from a streaming replica, and when they do not (docs/decisions/0035).

What may be some moments old is named here, page by page; whatever is not named is read from the primary:
everything on the way of an order, certificates and the log (whose whole worth is that they are true now), and
all that is answered for somebody.
"""

import re
import time
from typing import Final

import structlog
from flask import Flask, Response, current_app, g, request
from sqlalchemy import TextClause, text
from sqlalchemy.exc import SQLAlchemyError

from portal.config import Config
from portal.db import REPLICA, db, read_from_primary, reads_replica
from portal.web.guard import actor

MAY_LAG: Final = frozenset(
    """
    site.home site.about site.claims site.accessibility site.privacy wellknown.sitemap
    footprint.choose footprint.ask footprint.method footprint.embed footprint.embedded footprint.group
    pledges.index pledges.challenges pledges.challenge pledges.group
    registry.data registry.issuance registry.lot registry.project registry.projects registry.register
    registry_monitoring.method registry_monitoring.project registry_monitoring.report
    registry_projects.life registry_projects.notice registry_projects.notices registry_projects.types
    shop_money.money statements.index statements.statement
    training.catalogue training.course training.read
    """.split()
)
LAG_SECONDS: Final = 30  # a replica that is further behind is not read
COOKIE_SECONDS: Final = 60  # how long a visitor's own writes are waited for; longer than any lag that is read
REST_SECONDS: Final = 5.0  # until a replica that did not answer is asked again
_PLACE: Final = re.compile(r"[0-9A-F]{1,8}/[0-9A-F]{1,8}")

# A replica that was promoted, or is a server of its own, is no copy of ours any more.
_IS_FIT: Final = text(
    "SELECT pg_is_in_recovery() AND pg_last_xact_replay_timestamp() > now() - make_interval(secs => :lag)"
    " AND pg_last_wal_replay_lsn() >= CAST(:written AS pg_lsn)"
)
_IS_COPY: Final = text("SELECT pg_is_in_recovery()")
_LAG: Final = text(
    "SELECT extract(epoch FROM now() - pg_last_xact_replay_timestamp()) WHERE pg_is_in_recovery()"
)
_rests_until: dict[str, float] = {}
log = structlog.get_logger("replica")


def install(app: Flask) -> None:
    app.extensions["portal.asks_primary"] = give_up
    if app.config["PORTAL"].replica_url:
        app.before_request(choose)
        app.after_request(remember_what_was_written)


def choose() -> None:
    """Mark this request as one that reads the replica, when its page may lag and the replica is fit.

    While the primary is away a copy is read however old it is: nobody has anything newer.
    """
    if request.method not in ("GET", "HEAD") or request.endpoint not in MAY_LAG:
        return
    asking = actor()
    if asking.is_person or asking.keys:
        return
    db.session.rollback()  # whoever asked who is there has asked the primary
    rests = time.monotonic() < _rests_until.get(_url(), 0.0)
    if not rests and _replica_says(_IS_FIT, lag=LAG_SECONDS, written=_place()):
        return
    if not _primary_answers():
        _replica_says(_IS_COPY)


def _replica_says(condition: TextClause, **about: object) -> bool:
    """Whether the replica says yes; then it is read from here on, and else the primary."""
    g.reads_replica = True
    try:
        says = bool(db.session.execute(condition, about).scalar())
    except SQLAlchemyError as fault:
        give_up(fault)
        return False
    if not says:
        read_from_primary()
        db.session.rollback()
    return says


def _primary_answers() -> bool:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.remove()
        return False
    return True


def give_up(fault: SQLAlchemyError) -> bool:
    """Leave the replica alone for some seconds and go on with the primary; whether it was being read."""
    if not reads_replica():
        return False
    _rests_until[_url()] = time.monotonic() + REST_SECONDS
    db.session.remove()
    log.warning("the replica is left alone", seconds=REST_SECONDS, fault=_kind_of(fault))
    return read_from_primary()


def _kind_of(fault: SQLAlchemyError) -> str:
    """What the driver calls it, with PostgreSQL's own code if it has one; its words may name our servers."""
    told = getattr(fault, "orig", None) or fault
    return " ".join(filter(None, (type(told).__name__, getattr(told, "sqlstate", None))))


def remember_what_was_written(response: Response) -> Response:
    """Tell this browser how far a replica must be for its next page to hold what it has just written."""
    if not g.get("has_written") or response.status_code >= 500:
        return response
    try:
        place = db.session.execute(text("SELECT pg_current_wal_insert_lsn()")).scalar_one()
    except SQLAlchemyError:
        db.session.remove()
        return response
    secure = _config().is_secure
    response.set_cookie(
        _cookie(), str(place), max_age=COOKIE_SECONDS, httponly=True, secure=secure, samesite="Lax"
    )
    return response


def lag_seconds() -> float | None:
    """How far the replica is behind; None where there is none, or it does not answer."""
    if not _config().replica_url:
        return None
    try:
        with db.engines[REPLICA].connect() as replica:
            lag = replica.execute(_LAG).scalar()
    except SQLAlchemyError:
        return None
    return None if lag is None else float(lag)


def _place() -> str:
    """How far this browser's own writes reach; for nonsense further than any server is."""
    said = request.cookies.get(_cookie(), "0/0")
    return said if _PLACE.fullmatch(said) else "FFFFFFFF/FFFFFFFF"


def _cookie() -> str:
    return "__Host-written" if _config().is_secure else "written"


def _url() -> str:
    return _config().replica_url


def _config() -> Config:
    config: Config = current_app.config["PORTAL"]
    return config
