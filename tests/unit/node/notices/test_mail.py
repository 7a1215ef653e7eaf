"""Mail goes out through a real SMTP server, encrypted and signed in, to whom it is for, and once."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from dongting.errors import Refused
from dongting.node.config import read
from dongting.node.notices.mail import NOT_SENT, Post
from dongting.node.sending import Mail

from .conftest import DAY, EMAILS  # type: ignore[import-not-found]

PASSWORD = b"nine egrets on a sandbank"


def certificate(directory: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )  # fmt: skip
    path = directory / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


class Server:
    """An SMTP server that takes mail only after STARTTLS and signing in, or refuses all."""

    def __init__(self, directory: Path) -> None:
        self.got: list[tuple[str, Any]] = []
        self.down = False
        pem = certificate(directory)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self.trust = ssl.create_default_context(cafile=str(pem))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.controller = Controller(
            self, hostname="127.0.0.1", port=self.port, tls_context=context, require_starttls=True,
            auth_required=True, auth_require_tls=True, authenticator=self._authenticate,
        )  # fmt: skip
        self.controller.start()

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"node", PASSWORD))

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.down:
            return "451 try later"
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.got.append((envelope.rcpt_tos[0], message))
        return "250 taken"

    def post(self, password: bytes = PASSWORD, trust: ssl.SSLContext | None = None) -> Post:
        settings = Mail(host="localhost", port=self.port, user="node", sender="dongting@node.example")
        return Post(settings, lambda: password, trust or self.trust)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    made.controller.stop()


def test_a_message_arrives_as_written(server: Server) -> None:
    server.post().send("lin@green.example", "[湖南]\r\nBcc: all@x.example", "第一行\nsecond line\n", "zh")
    ((to, message),) = server.got
    assert to == "lin@green.example"
    assert message["subject"] == "[湖南] Bcc: all@x.example"
    assert message["bcc"] is None
    assert message["auto-submitted"] == "auto-generated"
    assert message.get_content().splitlines() == ["第一行", "second line"]


def test_a_wrong_password_and_an_unknown_certificate_are_refused(server: Server) -> None:
    for post in (server.post(b"wrong password here"), server.post(trust=ssl.create_default_context())):
        with pytest.raises(Refused) as refused:
            post.send("lin@green.example", "x", "y", "en")
        assert refused.value.code is NOT_SENT
    assert server.got == []


def test_no_mail_leaves_this_machine_unencrypted() -> None:
    with pytest.raises(Refused) as refused:
        read({"mail": {"host": "mail.example.org", "security": "none"}})
    assert refused.value.code.name == "needs-tls"
    with pytest.raises(Refused) as refused:
        read({"mail": {"password": "secret"}})
    assert refused.value.code.name == "secret-in-config"


def test_what_waits_is_mailed_at_once_and_once(desk: Any, server: Server) -> None:
    desk.use(server.post())
    desk.now = morning(desk.now, 3)
    id = desk.request()
    desk.go()
    assert desk.mailer.send() == 1
    assert desk.mailer.send() == 0
    ((to, message),) = server.got
    assert to == EMAILS["env-bureau"]
    assert "有事项等待贵单位处理" in message["subject"]
    assert f"/records/sharing.negotiation/{id}" in message.get_content()


def test_the_daily_summary_comes_in_the_morning_in_the_chosen_language(desk: Any, server: Server) -> None:
    desk.use(server.post())
    desk.book.choose(desk.people["green-tech"], "green-tech", "en", {"changed": "daily", "dataset": "never"})
    desk.now = morning(desk.now, 3)
    desk.agreement()
    desk.site.act("env-bureau", "catalogue/withdraw", {"id": desk.dataset})
    desk.go()
    desk.mailer.send()
    assert [to for to, _ in server.got] == [EMAILS["env-bureau"]]
    desk.now = morning(desk.now, 8)
    desk.mailer.send()
    (summary,) = [message for to, message in server.got if to == EMAILS["green-tech"]]
    assert "Daily summary" in summary["subject"]
    assert "Agree" in summary.get_content()
    assert "catalogue.dataset" not in summary.get_content(), "never"
    desk.now += 3600
    desk.mailer.send()
    desk.now += DAY
    desk.mailer.send()
    assert len([to for to, _ in server.got if to == EMAILS["green-tech"]]) == 1, "nothing new"


def test_what_the_server_does_not_take_is_sent_later(desk: Any, server: Server) -> None:
    desk.use(server.post())
    desk.now = morning(desk.now, 3)
    desk.request()
    desk.go()
    server.down = True
    with pytest.raises(Refused):
        desk.mailer.send()
    server.down = False
    assert desk.mailer.send() == 1
    assert len(server.got) == 1


def test_what_was_read_on_the_page_is_not_mailed(desk: Any, server: Server) -> None:
    desk.use(server.post())
    desk.request()
    desk.go()
    desk.book.change(desk.people["env-bureau"], "env-bureau", seen=desk.told("env-bureau")[0].number)
    assert desk.mailer.send() == 0


def morning(now: int, hour: int) -> int:
    """That hour of the day (UTC+8) in which `now` lies, or of the next."""
    start = (now + 8 * 3600) // DAY * DAY - 8 * 3600
    found = start + hour * 3600
    return found if found >= now else found + DAY
