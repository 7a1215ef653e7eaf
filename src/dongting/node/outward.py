"""Requests from the node to addresses that somebody else chose: to public addresses only, unless allowed.

A name is resolved once, every address that it has is checked, and the connection goes to one that was
checked: what the name server says a moment later changes nothing. No redirect is followed, no proxy used.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpcore

from dongting.errors import Code, Refused, require

BAD_ADDRESS = Code(
    "hooks", 1, "bad-address",
    "{url} cannot be sent to: {why}. Give an https:// address with a host name, without user name and "
    "fragment.",
    "无法发送至 {url}：{why}。请填写带主机名、不含用户名和片段的 https:// 地址。",
)  # fmt: skip
PRIVATE_ADDRESS = Code(
    "hooks", 2, "private-address",
    "{host} leads to {address}, which is not a public address; this node sends to public addresses only "
    "(its operator can set hooks.private_addresses).",
    "{host} 指向 {address}，并非公网地址；本节点只向公网地址发送（运维人员可设置 hooks.private_addresses）。",
)  # fmt: skip
UNREACHABLE = Code(
    "hooks", 3, "unreachable",
    "{host} could not be reached ({why}); check the address, and that the receiver runs.",
    "无法连接 {host}（{why}）；请检查地址以及接收方是否在运行。",
    status=502,
)  # fmt: skip

ANSWER = 16 * 1024  # bytes of an answer that are read
CONNECT, WHOLE = 5.0, 15.0  # seconds
_EMBEDDED = (
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),  # NAT64 (RFC 6052): the last 32 bits
    (ipaddress.IPv6Network("::/96"), 0),  # IPv4-compatible (RFC 4291, 2.5.5.1): the last 32 bits
    (ipaddress.IPv6Network("2002::/16"), 80),  # 6to4 (RFC 3056): the 32 bits after the prefix
)
#: Not of the public internet, though `is_global` of some Pythons says so.
_LOCAL = tuple(
    ipaddress.ip_network(each)
    for each in (
        "192.0.0.0/24",  # IETF protocol assignments (RFC 6890)
        "64:ff9b:1::/48",  # translation within a network (RFC 8215)
        "fec0::/10",  # site-local (RFC 3879)
    )
)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back: the status, the field Retry-After, and the beginning of the content."""

    status: int
    retry_after: str
    body: bytes


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also where an IPv6 address carries an IPv4 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        for network, shift in _EMBEDDED:
            if ip in network:
                return is_public(str(ipaddress.IPv4Address(int(ip) >> shift & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _LOCAL)


class Resolver(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses only; `private` allows all."""

    def __init__(self, private: bool) -> None:
        self._private = private
        self._backend = httpcore.AnyIOBackend()

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host; refuses one that has any address that is not allowed."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Refused(UNREACHABLE, host=host[:100], why=str(error)[:100]) from None
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if not self._private:
            for each in addresses:
                require(is_public(each), PRIVATE_ADDRESS, host=host[:100], address=each)
        return addresses

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address that takes one."""
        last: Exception | None = None
        for address in (await self.addresses(host, port))[:3]:
            try:
                return await self._backend.connect_tcp(address, port, timeout, local_address)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last or httpcore.ConnectError(f"{host} has no address")

    async def connect_unix_socket(self, path: str, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise httpcore.ConnectError("a web address is needed")

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks."""
        await asyncio.sleep(seconds)


class Outward:
    """Sends to addresses of others. `private` allows http and addresses that are not public."""

    def __init__(self, private: bool, context: ssl.SSLContext | None = None) -> None:
        self._private = private
        self._resolver = Resolver(private)
        self._context = context or ssl.create_default_context()

    def check(self, url: str) -> None:
        """Refuse an address that could never be sent to; names are resolved when something is sent."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise Refused(BAD_ADDRESS, url=url[:100], why="it is not well formed") from None
        plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
        schemes = ("https", "http") if self._private else ("https",)
        wrong = (
            "it is not well formed" if not plain or not host or port == 0
            else "it is not encrypted" if parts.scheme not in schemes
            else "it names a user" if "@" in parts.netloc
            else "it has a fragment" if "#" in url
            else ""
        )  # fmt: skip
        require(not wrong, BAD_ADDRESS, url=url[:100], why=wrong)
        try:
            literal = str(ipaddress.ip_address(host or ""))
        except ValueError:
            return
        require(self._private or is_public(literal), PRIVATE_ADDRESS, host=literal, address=literal)

    async def post(self, url: str, body: bytes, fields: Sequence[tuple[str, str]]) -> Answered:
        """POST to a checked address and read the beginning of the answer; refuses what cannot be reached."""
        self.check(url)
        host = urlsplit(url).hostname or ""
        headers = [("Host", urlsplit(url).netloc), ("Content-Length", str(len(body))), *fields]
        pool = httpcore.AsyncConnectionPool(
            self._context, network_backend=self._resolver, max_connections=1, max_keepalive_connections=0
        )
        timeouts = {"timeout": {"connect": CONNECT, "read": WHOLE, "write": WHOLE, "pool": CONNECT}}
        try:
            async with (
                asyncio.timeout(WHOLE),
                pool,
                pool.stream("POST", url, headers=headers, content=body, extensions=timeouts) as answer,
            ):
                return await _read(answer)
        except (TimeoutError, httpcore.TimeoutException):
            raise Refused(UNREACHABLE, host=host[:100], why="no answer in time") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
            raise Refused(
                UNREACHABLE, host=host[:100], why=str(error)[:100] or type(error).__name__
            ) from None


async def _read(answer: httpcore.Response) -> Answered:
    body = b""
    async for chunk in answer.aiter_stream():
        body += chunk[: ANSWER - len(body)]
        if len(body) >= ANSWER:
            break
    retry = next((v.decode("latin-1") for k, v in answer.headers if k.lower() == b"retry-after"), "")
    return Answered(answer.status, retry[:40], body)
