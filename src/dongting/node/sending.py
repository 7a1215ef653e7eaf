"""The settings of what the node sends to others: webhooks and e-mail; sections of the configuration."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from dongting.node.settings import documented


class HooksSettings(Struct, frozen=True):
    """Messages that the node sends to addresses of its members' choice."""

    private_addresses: Annotated[bool, documented(
        "Set to true to let webhooks reach private, loopback and link-local addresses, also without TLS: "
        "whoever may make a webhook can then reach what this machine can.",
        "设为 true 允许 webhook 访问内网、本机和链路本地地址（含未加密的）："
        "能创建 webhook 的人即可访问本机可达的地址。",
    )] = False  # fmt: skip


class Mail(Struct, frozen=True):
    """E-mail that the node sends to its people; the password never stands here."""

    host: Annotated[str, Meta(max_length=253, pattern=r"^[A-Za-z0-9.:-]*$(?!\n)"), documented(
        "Server that takes the node's e-mail; empty: none is sent.",
        "接收本节点邮件的服务器；留空则不发送邮件。",
        ("a host name or an IP address, or empty", "主机名或 IP 地址，或留空"),
    )] = ""  # fmt: skip
    port: Annotated[int, Meta(ge=1, le=65535), documented(
        "Its port: 587 for starttls, 465 for tls.",
        "端口：starttls 通常为 587，tls 通常为 465。",
    )] = 587  # fmt: skip
    security: Annotated[Literal["starttls", "tls", "none"], documented(
        "How the connection is encrypted; none only for a server on this machine.",
        "连接的加密方式；none 仅限本机上的服务器。",
    )] = "starttls"  # fmt: skip
    user: Annotated[str, Meta(max_length=200, pattern=r"^[!-~]*$(?!\n)"), documented(
        "Name to sign in with; empty: without signing in.",
        "登录名；留空则不登录。",
        ("printable characters without spaces, or empty", "不含空格的可打印字符，或留空"),
    )] = ""  # fmt: skip
    sender: Annotated[str, Meta(
        max_length=200, pattern=r"^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,120}$(?!\n)"
    ), documented(
        "Address from which messages come.",
        "发件人地址。",
        ("an e-mail address", "电子邮件地址"),
    )] = "dongting@localhost"  # fmt: skip
    credential: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$(?!\n)"), documented(
        "Name of the systemd credential with the password (LoadCredential=).",
        "含密码的 systemd 凭据名称（LoadCredential=）。",
        ("letters, digits, dot, hyphen and underscore", "字母、数字、点、连字符和下划线"),
    )] = "dongting-mail"  # fmt: skip
