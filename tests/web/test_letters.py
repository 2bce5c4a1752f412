"""Letters: in the reader's language, one header a line, sent once however often they are handed over."""

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import select

from portal import jobs
from portal.db import InsideTransaction, db, transaction
from portal.jobs import Outbox
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import Unavailable
from portal.web.letters import send_letter
from tests.conftest import portal_on
from tests.server import free_port

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

Sent = Callable[[], list[EmailMessage]]

TEMPLATES = {
    "tried/letter.txt": '{{ _("Sign in") }}: {{ name }}\n\n{{ name }} & {{ site.base_url }}\n',
    "tried/broken.txt": "{{ nobody }}",
}


@pytest.fixture
def post(app: Flask) -> Callable[..., None]:
    app.jinja_env.loader = ChoiceLoader([DictLoader(TEMPLATES), app.jinja_env.loader])

    def send(**changes: Any) -> None:
        send_letter(letter(**changes))

    return send


def letter(**changes: Any) -> dict[str, Any]:
    payload = {
        "id": "let_1",
        "to": "li@example.cn",
        "lang": "en",
        "template": "tried/letter",
        "facts": {"name": "Li"},
    }
    return payload | changes


def test_a_letter_speaks_the_readers_language(post: Callable[..., None], sent_letters: Sent):
    post()
    post(id="let_2", lang="zh")
    english, chinese = sent_letters()
    assert english["Subject"] == "Sign in: Li"
    assert english["Content-Language"] == "en"
    assert "Yichun Forest Carbon" in str(english["From"])
    assert chinese["Subject"] == "登录: Li"
    assert "伊春森林碳汇平台" in str(chinese["From"])
    for each in (english, chinese):
        assert each["From"].addresses[0].addr_spec == "no-reply@127.0.0.1"
        assert each["Auto-Submitted"] == "auto-generated"


def test_plain_text_is_not_escaped(post: Callable[..., None], sent_letters: Sent):
    post(facts={"name": "<b>Li</b>"})
    (sent,) = sent_letters()
    assert sent.get_content() == "<b>Li</b> & http://127.0.0.1:5000\n"


@pytest.mark.parametrize(
    "name",
    [
        "Li\r\nBcc: eve@example.cn",
        "Li\nBcc: eve@example.cn",
        "Li\rX: y",
        "Li\u2028Bcc: x",
        "Li\x85Bcc: x",
        "Li\0",
    ],
)
def test_a_name_adds_no_header(post: Callable[..., None], sent_letters: Sent, name: str):
    post(facts={"name": name})
    (sent,) = sent_letters()
    assert sent["Bcc"] is None
    assert sent["X"] is None
    assert "\n" not in sent["Subject"]
    assert sent["Subject"].startswith("Sign in: Li")


@pytest.mark.parametrize("to", ["li@example.cn\r\nBcc: eve@example.cn", "li@example.cn\nX: y"])
def test_an_address_adds_no_header(post: Callable[..., None], sent_letters: Sent, to: str):
    with pytest.raises(ValueError, match="linefeed"):
        post(to=to)
    assert sent_letters() == []


def test_a_site_name_with_a_comma_is_one_sender(sqlite_url: str, tmp_path: Path, sent_letters: Sent):
    name = Bilingual("碳汇", 'Carbon, "Yichun" <x>')
    with portal_on(sqlite_url, tmp_path, site_name=name) as app:
        app.jinja_env.loader = ChoiceLoader([DictLoader(TEMPLATES), app.jinja_env.loader])
        send_letter(letter())
        (sent,) = sent_letters()
    (sender,) = sent["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ('Carbon, "Yichun" <x>', "no-reply@127.0.0.1")


def test_the_same_letter_twice_carries_one_id(post: Callable[..., None], sent_letters: Sent):
    post()
    post()
    (sent,) = sent_letters()
    assert sent["Message-ID"] == "<let_1@127.0.0.1>"


@pytest.mark.parametrize("id", ["../../etc/cron.d/x", "a/b", "ord_1:paid", "x" * 100])
def test_a_letters_id_is_no_path(post: Callable[..., None], sent_letters: Sent, tmp_path: Path, id: str):
    post(id=id)
    assert len(sent_letters()) == 1
    assert {file.parent for file in tmp_path.rglob("*.eml")} == {tmp_path / "mail"}


def test_a_letter_is_never_sent_inside_a_promise(post: Callable[..., None]):
    with transaction(), pytest.raises(InsideTransaction):
        post()


def test_a_broken_letter_is_tried_again_and_others_go_out(post: Callable[..., None], sent_letters: Sent):
    for key, payload in (("broken", letter(template="tried/broken", id="let_0")), ("well", letter())):
        jobs.enqueue("letter", payload, key=key, now=clock.now())
    assert len(sent_letters()) == 1
    assert jobs.counts() == (1, 0)


# --- handed over


class Postman:
    """Takes letters in, or refuses them."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:
        self.taken.append(envelope)
        return self.answer


@pytest.fixture
def postman() -> Iterator[tuple[Postman, Controller]]:
    def known(_server: object, _session: object, _envelope: object, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"portal@example.cn", b"p@ss:word"))

    postman = Postman()
    controller = Controller(
        postman, hostname="127.0.0.1", port=free_port(), authenticator=known, auth_require_tls=False,
        auth_required=True,
    )  # fmt: skip
    controller.start()
    yield postman, controller
    controller.stop()


def url_of(controller: Controller, who: str = "portal%40example.cn:p%40ss%3Aword@") -> str:
    return f"smtp://{who}127.0.0.1:{controller.port}"


def deliver(sqlite_url: str, folder: Path, smtp_url: str) -> None:
    with portal_on(sqlite_url, folder, smtp_url=smtp_url) as app:
        app.jinja_env.loader = ChoiceLoader([DictLoader(TEMPLATES), app.jinja_env.loader])
        send_letter(letter(lang="zh"))


def test_a_letter_is_handed_to_the_mail_server(
    postman: tuple[Postman, Controller], sqlite_url: str, tmp_path: Path
):
    deliver(sqlite_url, tmp_path, url_of(postman[1]))
    (envelope,) = postman[0].taken
    assert envelope.rcpt_tos == ["li@example.cn"]
    assert envelope.mail_from == "no-reply@127.0.0.1"


@pytest.mark.parametrize("answer", ["451 try later", "554 no thanks"])
def test_a_refusal_is_told_so_that_it_is_tried_again(
    postman: tuple[Postman, Controller], sqlite_url: str, tmp_path: Path, answer: str
):
    postman[0].answer = answer
    with pytest.raises(Unavailable):
        deliver(sqlite_url, tmp_path, url_of(postman[1]))


def test_no_server_is_told(sqlite_url: str, tmp_path: Path):
    with pytest.raises(Unavailable) as fault:
        deliver(sqlite_url, tmp_path, "smtp://portal:a-secret@127.0.0.1:1")
    assert "a-secret" not in str(fault.value)


def test_a_server_without_encryption_is_not_trusted_when_it_is_wanted(
    postman: tuple[Postman, Controller], sqlite_url: str, tmp_path: Path
):
    with pytest.raises(Unavailable):
        deliver(sqlite_url, tmp_path, url_of(postman[1]) + "?tls=1")
    assert postman[0].taken == []


def test_a_letter_that_could_not_go_waits_in_the_outbox(sqlite_url: str, tmp_path: Path):
    with portal_on(sqlite_url, tmp_path, smtp_url="smtp://127.0.0.1:1") as app:
        app.jinja_env.loader = ChoiceLoader([DictLoader(TEMPLATES), app.jinja_env.loader])
        jobs.enqueue("letter", letter(), key="k", now=clock.now())
        jobs.drain()
        assert jobs.counts() == (1, 0)
        assert "Unavailable" in (db.session.scalars(select(Outbox.last_error)).one() or "")
