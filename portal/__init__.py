"""The portal: create_app, and nothing importable besides."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from flask import Flask, Response, redirect, url_for
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.config import ROOT, Config
from portal.db import REPLICA, engine_options, replica_options
from portal.db import db as database
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.web import api as web_api
from portal.web import (
    assets,
    city,
    errors,
    frame,
    guard,
    headers,
    i18n,
    paging,
    requestlog,
    scanning,
    sessions,
)
from portal.web.asked import Asked
from portal.web.routes import Route, Whole

# Rooms from the ground up; each offers what it has of views, desk, api, jobs and cli.
ROOMS = (
    "settings", "web", "proposals", "accounts", "registry", "certificates", "footprint", "shop", "pledges",
    "statements", "training", "desk", "api", "ops", "office", "privacy",
)  # fmt: skip
STOREYS = ("site", "letters", "models", "views", "desk", "api", "jobs", "cli")


def create_app(config: Config | None = None) -> Flask:
    """The WSGI application for this configuration (by default from the environment)."""
    config = config or Config.from_env()
    clock.set_to(config.now)
    requestlog.configure()
    app = Flask("portal", root_path=str(ROOT), instance_path=str(config.instance))
    app.config.update(
        PORTAL=config,
        SECRET_KEY=config.secret_keys[0],
        SECRET_KEY_FALLBACKS=list(config.secret_keys[1:]),
        SESSION_COOKIE_NAME="__Host-portal" if config.is_secure else "portal",
        SESSION_COOKIE_SECURE=config.is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(
            config.database_url, config.slow_query_ms, config.slow_query_plan
        ),
        SQLALCHEMY_BINDS=_replica(config),
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=20 * 1024 * 1024,
        # Enough that a text which is far too long is told so beside its field, and not cut off on the way.
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=500,
        SIGN_IN_ENDPOINT="accounts.sign_in",
    )
    config.instance.mkdir(parents=True, exist_ok=True)
    app.jinja_environment = frame.Templates
    app.request_class = Asked
    app.url_rule_class = Route
    app.url_map.converters["int"] = Whole
    app.session_interface = sessions.Sessions()
    app.ensure_sync = _as_it_is  # type: ignore[method-assign,assignment]
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["site"] = _Site(config, app)
    app.jinja_env.globals["actor"] = guard.actor
    if hops := config.trusted_proxies:
        # Whose network a visitor is counted under; the host never comes from a header.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    database.init_app(app)
    Migrate(app, database, directory=str(ROOT / "migrations"))
    for layer in (requestlog, i18n, city, assets, paging, headers, errors, web_api):
        layer.install(app)
    # After them, so that its refusals carry a request id and are worded like all others.
    app.extensions["portal.csrf"] = CSRFProtect(app)
    scanning.install(app)
    _open_rooms(app)

    @app.get("/")
    @guard.open_to_all
    def front_door() -> Response:
        answer = redirect(url_for("site.home", lang=i18n.preferred_lang()))
        answer.headers["Vary"] = "Accept-Language, Cookie"
        return answer  # type: ignore[return-value]

    return app


def _replica(config: Config) -> dict[str, dict[str, Any]]:
    url = config.replica_url
    return {REPLICA: {"url": url, **replica_options(url, config.slow_query_ms)}} if url else {}


def _as_it_is(view: Any) -> Any:
    """Flask looks at each request whether a view is a coroutine; here none is."""
    return view


class _Site:
    """What templates may ask about the site as a whole."""

    def __init__(self, config: Config, app: Flask) -> None:
        self.is_demo = config.is_demo
        self.currency = config.currency
        self.base_url = config.base_url
        self.city_code = config.city_code
        self.bank_account = config.bank_account
        self.seller = config.seller
        self._app = app

    @property
    def name(self) -> Bilingual:
        return city.city().name

    @property
    def is_stopped(self) -> bool:
        """Whether the last audit of the ledger failed: selling and issuing stop, reading goes on."""
        ask = self._app.extensions.get("portal.stopped")
        return bool(ask and ask())

    @property
    def is_read_only(self) -> bool:
        """Whether the database is older than the log that was published, so that nothing is written."""
        ask = self._app.extensions.get("portal.read_only")
        return bool(ask and ask())


def _open_rooms(app: Flask) -> None:
    csrf: CSRFProtect = app.extensions["portal.csrf"]
    for room in ROOMS:
        for storey in STOREYS:
            name = f"portal.{room}.{storey}"
            if name == "portal.web.api" or not _exists(name):
                continue
            module = import_module(name)
            for blueprint in vars(module).get("blueprints", filter(None, [vars(module).get("blueprint")])):
                if blueprint.name.endswith("_api"):
                    csrf.exempt(blueprint)  # a bearer token or nothing, never the session's cookie
                app.register_blueprint(blueprint)
            for group in module.commands if storey == "cli" else ():
                app.cli.add_command(group)
        if _exists(f"portal.{room}.setup"):
            import_module(f"portal.{room}.setup").install(app)


def _exists(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
