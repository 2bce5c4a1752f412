"""What lies in deploy/ fits the portal: commands, variables, ports, figures and runbook are the real ones."""

import json
import re
import shlex
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask, request
from granian.cli import cli as granian

from portal.config import ROOT, BadConfiguration, Config
from portal.ops import metrics

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
CONTAINERFILE = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")
NGINX = (DEPLOY / "nginx.conf").read_text()
UNITS = ("portal-web@.service", "portal-worker.service", "portal-backup.service")
SEED, OTHER_SEED = (b64encode(sha256(name).digest()).decode() for name in (b"log", b"credentials"))
REST = {  # what the operator adds in portal.env
    "SECRET_KEY": sha256(b"sessions").hexdigest(), "BASE_URL": "https://carbon.example",
    "CHECKPOINT_KEY": SEED, "CREDENTIAL_KEY": OTHER_SEED, "SMTP_URL": "smtp://mail:587",
    "SELLER_NAME": "某公司", "SELLER_ADDRESS": "某地", "SELLER_TAX_NUMBER": "91110000600037341L",
}  # fmt: skip


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.+)$", CONTAINERFILE, re.MULTILINE)


def unit(name: str) -> dict[str, str]:
    """What a unit says, as its instance 8000."""
    text = (DEPLOY / name).read_text().replace("%i", "8000")
    return dict(re.findall(r"^(\w+)=(.+)$", text, re.MULTILINE))


def commands() -> list[list[str]]:
    """Every command that is started anywhere, without the path of its program."""
    started = [json.loads(instructions("CMD")[-1])]
    started += [each["command"] for each in COMPOSE["services"].values() if each.get("image") == "portal"
                and "command" in each]  # fmt: skip
    started += [shlex.split(unit(name)["ExecStart"]) for name in UNITS]
    return [[Path(program).name, *rest] for program, *rest in started]


def test_every_server_that_is_started_understands_its_arguments():
    servers = [command for command in commands() if command[0] == "granian"]
    assert len(servers) == 2
    for _, *arguments in servers:
        given = granian.make_context("granian", list(arguments)).params
        assert (given["app"], given["interface"].value, given["factory"]) == ("app:create_app", "wsgi", True)
        assert given["port"] == 8000


def test_every_command_that_is_started_exists(app: Flask):
    asked = [command[3:] for command in commands() if command[:3] == ["flask", "--app", "app"]]
    kept = ["backup", "/var/backups/portal", "--keep", "14"]
    assert sorted(asked) == [kept, ["db", "upgrade"], ["worker"], ["worker"]]
    runner = app.test_cli_runner()
    for command in asked:
        assert runner.invoke(args=[*command, "--help"]).exit_code == 0


def test_the_image_has_what_pages_papers_and_backups_need():
    pango = re.search(r'^pango_packages="(.+)"', (ROOT / "run").read_text(), re.MULTILINE)
    assert pango
    for package in (*pango[1].split(), "postgresql-client"):
        assert package in CONTAINERFILE
    assert instructions("USER") == ["portal"]
    left_out = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".git", ".env", "instance", "*.key"} <= {*left_out}
    assert {"deploy/portal.env", "deploy/tls"} <= {*left_out}, "keys would be in every copy of the image"
    needed = {"app.py", "portal", "templates", "static", "translations", "migrations", "courses"}
    assert not needed & {*left_out}


def test_the_processes_start_with_these_variables(tmp_path: Path):
    given = COMPOSE["services"]["web-a"]["environment"] | REST | {"INSTANCE_DIR": str(tmp_path)}
    config = Config.from_env(given)
    assert config.trusted_proxies == NGINX.count("X-Forwarded-For") == 1
    assert config.database_url.startswith("postgresql+psycopg://portal@database/")
    assert config.replica_url.startswith("postgresql+psycopg://portal@replica/")
    assert config.limits_storage == "redis://limits:6379/0"


@pytest.mark.parametrize("name", REST)
def test_without_what_the_operator_must_give_they_do_not(name: str, tmp_path: Path):
    given = COMPOSE["services"]["web-a"]["environment"] | REST | {"INSTANCE_DIR": str(tmp_path), name: ""}
    with pytest.raises(BadConfiguration):
        Config.from_env(given)


def test_every_variable_of_the_readme_is_read():
    table = re.findall(r"^\| (`[A-Z].*?) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    named = {name for cell in table for name in re.findall(r"`([A-Z_]{4,})`", cell)}
    read = {*re.findall(r'"([A-Z_]{4,})"', (ROOT / "portal/config.py").read_text())}
    assert len(named) > 20
    assert named <= read
    assert read - named <= {"PORT", "FLASK_DEBUG"}


def test_a_number_of_proxies_is_a_number():
    with pytest.raises(BadConfiguration) as refused:
        Config.from_env({"TRUSTED_PROXIES": "one"})
    assert refused.value.faults == ["TRUSTED_PROXIES is 'one'; it is a number such as 1"]


def test_the_proxy_asks_the_services_at_their_port(app: Flask):
    asked = re.findall(r"^server ([\w-]+):(\d+) ", (DEPLOY / "servers.conf").read_text(), re.MULTILINE)
    assert [host for host, _ in asked] == [name for name in COMPOSE["services"] if name.startswith("web-")]
    assert {port for _, port in asked} == {*instructions("EXPOSE")}
    usual, exports = (int(each) * 1024 * 1024 for each in re.findall(r"client_max_body_size (\d+)m", NGINX))
    assert usual > app.config["MAX_CONTENT_LENGTH"]
    place = re.search(r"location ~ (\S+) \{\s+client_max_body_size", NGINX)[1]  # type: ignore[index]
    with app.test_request_context("/en/desk/imports"):
        app.preprocess_request()
        assert re.match(place, request.path)
        assert exports > request.max_content_length > usual  # type: ignore[operator]
    assert not re.match(place, "/en/desk/imports/mapping")
    given = {volume.split(":")[1] for volume in COMPOSE["services"]["proxy"]["volumes"]}
    assert {"/etc/nginx/nginx.conf", "/etc/nginx/servers.conf", "/etc/nginx/away.html"} <= given


def test_the_databases_have_a_connection_for_every_thread():
    _, *arguments = json.loads(instructions("CMD")[-1])
    web = granian.make_context("granian", arguments).params
    served = sum(name.startswith("web-") for name in COMPOSE["services"])
    needed = web["blocking_threads"] * (served * web["workers"] + 1)  # and the worker
    for name in ("database", "replica"):
        told = re.search(r"max_connections=(\d+)", " ".join(COMPOSE["services"][name]["command"]))
        assert told, "PostgreSQL has a hundred where nothing is said"
        assert needed < int(told[1]), name


def test_the_workers_of_a_web_process_count_together():
    kept = COMPOSE["services"]["web-a"]["environment"]["PROMETHEUS_MULTIPROC_DIR"]
    assert [each.split(":")[0] for each in COMPOSE["services"]["web-b"]["tmpfs"]] == [kept]
    assert re.search(r"^Environment=PROMETHEUS_MULTIPROC_DIR=/run/portal-%i$",
                     (DEPLOY / "portal-web@.service").read_text(), re.MULTILINE)  # fmt: skip


def test_every_file_that_a_container_is_given_is_there():
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", ()):
            file = DEPLOY / volume.split(":")[0]
            assert not volume.startswith("./") or file.name == "tls" or file.is_file(), volume


def test_the_page_that_nobody_answers_says_so_in_both_languages():
    page = (DEPLOY / "away.html").read_text()
    assert '<html lang="zh-Hans">' in page
    assert '<section lang="en">' in page
    assert "error_page 502 504 =503 /away.html" in NGINX
    assert not re.search(r"<script|<style|src=|href=", page), "it needs nothing that could be away too"


def sides_meet(expression: str) -> bool:
    """Whether each side is of all processes together: else their labels differ, and the sides never meet."""
    sides = re.split(r" (?:and|or|unless|==|[-+*/<>]) ", re.sub(r"\{.*?\}", "", expression))
    return all(re.match(r"\d+(\.\d+)?$|(max|sum|absent|histogram_quantile|topk)\b", side) for side in sides)


def test_a_rule_whose_sides_never_meet_is_found():
    assert not sides_meet("max(portal_jobs_waiting) > 50 and deriv(portal_jobs_waiting[10m]) > 0")
    assert sides_meet("max(portal_jobs_waiting) > 50 and max(deriv(portal_jobs_waiting[10m])) > 0")


def test_alerts_and_the_dashboard_ask_for_figures_that_exist(app: Flask):
    app.test_client().get("/healthz")
    told = {*re.findall(r"^# TYPE (\w+) ", metrics.text().decode(), re.MULTILINE)}
    rules = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"][0]["rules"]
    panels = json.loads((DEPLOY / "dashboard.json").read_text())["panels"]
    asked = [rule["expr"] for rule in rules] + [each["expr"] for panel in panels for each in panel["targets"]]
    assert "portal_nothing" not in told, "the control"
    for expression in asked:
        assert sides_meet(expression), expression
        names = re.findall(r"portal_\w+", expression)
        assert names
        assert {name.removesuffix("_bucket") for name in names} <= told, expression
    book = (ROOT / "docs/runbook.md").read_text()
    for rule in rules:
        page = rule["annotations"]["runbook"]
        assert f"## {page}" in book or f"**{page}" in book, page


def setting(name: str) -> str:
    """What nginx is told, once."""
    found = re.findall(rf"^\s*{name} ([^;]+);", NGINX, re.MULTILINE)
    assert len(found) == 1, name
    return str(found[0])


def test_messages_have_one_end_and_a_size():
    """No two readings of where a request ends, and nobody holds a connection for nothing."""
    assert setting("ignore_invalid_headers") == "on"
    assert setting("underscores_in_headers") == "off"
    assert setting("proxy_request_buffering") == "on"
    assert setting("proxy_http_version") == "1.1"
    assert setting("large_client_header_buffers") == "4 16k"
    for name in ("client_header_timeout", "client_body_timeout", "send_timeout", "proxy_read_timeout"):
        assert 0 < int(setting(name).removesuffix("s")) <= 60, name


def test_the_proxy_tells_what_it_saw_and_passes_nothing_on_that_a_visitor_says():
    told = dict(re.findall(r"proxy_set_header (\S+) ([^;]+);", NGINX))
    assert told["X-Forwarded-For"] == "$remote_addr", "what came in that header before is not appended to"
    assert (told["X-Forwarded-Proto"], told["Host"]) == ("$scheme", "$host")
    assert (told["X-Forwarded-Host"], told["Forwarded"]) == ('""', '""')
    assert "$request_uri" not in setting("log_format short"), "keys of links would be in the log"


def test_what_travels_is_encrypted():
    assert setting("ssl_protocols") == "TLSv1.2 TLSv1.3"
    assert re.search(r"listen 80;\s*return 301 https://", NGINX)
    assert setting("server_tokens") == "off"
    assert "ssl_ciphers" not in NGINX, "those of the system's OpenSSL, which its updates keep sound"
