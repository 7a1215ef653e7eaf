"""A keep-alive HTTP/1.1 connection that costs a client next to nothing.

A general client spends several times what the node spends on a request, on the same two cores: the
measurement would be of the client.
"""

import asyncio
from urllib.parse import urlsplit


class Connection:
    """One connection; one request at a time."""

    def __init__(self, url: str) -> None:
        self._place = urlsplit(url)
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes, media_type: str) -> bytes:
        """The body of a 200 answer; anything else is an error."""
        fields = b"Content-Type: %b\r\nContent-Length: %d\r\n" % (media_type.encode(), len(body))
        return await self._ask(b"POST", path, fields, body)

    async def get(self, path: str, **fields: str) -> bytes:
        """The body of a 200 answer to GET; header fields by name, `_` for `-`."""
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        return await self._ask(b"GET", path, lines.encode(), b"")

    async def _ask(self, method: bytes, path: str, fields: bytes, body: bytes) -> bytes:
        async with self._lock:
            if self._streams is None:
                host, port = self._place.hostname, self._place.port
                self._streams = await asyncio.open_connection(host, port, limit=2**24)
            reader, writer = self._streams
            writer.write(
                b"%b %b HTTP/1.1\r\nHost: %b\r\n%b\r\n"
                % (method, path.encode(), self._place.netloc.encode(), fields)
                + body
            )
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.lower().split(b"\r\n")
            size = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
            answer = await reader.readexactly(size)
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"{path}: {head.decode()}{answer.decode()[:500]}")
        return answer

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
