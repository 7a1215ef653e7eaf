"""E-mail over SMTP (RFC 5321) with STARTTLS (RFC 3207) or TLS from the start (RFC 8314); never unencrypted
beyond this machine.

The password is a systemd credential, as the keystore's passphrase can be; it never stands in the settings.
"""

import smtplib
import ssl
from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from dongting.errors import Code, Refused
from dongting.node.sending import Mail

NOT_SENT = Code(
    "notices", 2, "mail-not-sent",
    "The mail server {host} did not take a message ({why}); it is tried again. Check the settings "
    "under [mail].",
    "邮件服务器 {host} 未接收邮件（{why}）；将自动重试。请检查 [mail] 设置。",
    status=502,
)  # fmt: skip

_PATIENCE = 20  # seconds


class Post:
    """Sends messages by one server. `password` is asked for each connection; None: without signing in."""

    def __init__(
        self,
        settings: Mail,
        password: Callable[[], bytes | None],
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._password = password
        self._context = context or ssl.create_default_context()

    @property
    def ready(self) -> bool:
        """Whether a server is set at all."""
        return bool(self._settings.host)

    def send(self, to: str, subject: str, text: str, language: str) -> None:
        """Send one message of plain text; refuses when the server does not take it."""
        message = EmailMessage()
        message["From"] = Address("Dongting", addr_spec=self._settings.sender)
        message["To"] = Address(addr_spec=to)
        message["Subject"] = " ".join(subject.split())
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self._settings.sender.rpartition("@")[2])
        message["Content-Language"] = "zh-CN" if language == "zh" else "en"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's machine answers
        message.set_content(text)
        try:
            with self._connected() as server:
                server.send_message(message)
        except (OSError, smtplib.SMTPException, ssl.SSLError) as error:
            raise Refused(NOT_SENT, host=self._settings.host, why=str(error)[:120]) from None

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        where = (settings.host, settings.port)
        if settings.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=_PATIENCE, context=self._context)
        else:
            server = smtplib.SMTP(*where, timeout=_PATIENCE)
        try:
            if settings.security == "starttls":
                server.starttls(context=self._context)
            password = self._password()
            if settings.user and password is not None:
                server.login(settings.user, password.decode("utf-8"))
        except BaseException:
            server.close()
            raise
        return server
