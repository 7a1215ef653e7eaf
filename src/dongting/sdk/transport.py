"""Signed requests to a node's API, and its problems as refusals.

HTTP Message Signatures (RFC 9421) with Content-Digest (RFC 9530); answers that refuse are problem details
(RFC 9457) and become `Refused` with the node's own code and text. When a connection breaks, idempotent
requests (RFC 9110, section 9.2.2) are repeated here; of others, who calls knows what is safe to repeat.
"""

import secrets
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import msgspec

from dongting.errors import Code, Language, Refused
from dongting.standards import problem
from dongting.standards.http_signatures import Request, content_digest, sign
from dongting.wire.keys import SigningKey
from dongting.wire.profile import Profile

NODE_AWAY = Code(
    "sdk", 40, "node-away",
    "The node at {url} does not answer ({why}). Start it with `dongting serve`, or check the address.",
    "位于 {url} 的节点没有响应（{why}）。请用 `dongting serve` 启动节点，或检查地址。",
    status=503,
)  # fmt: skip
BAD_ANSWER = Code(
    "sdk", 41, "bad-answer",
    "The answer of {url} is not that of a node: {why}. Check the address, and that both are of one version.",
    "{url} 的应答不是节点应答：{why}。请检查地址，并确认双方版本一致。",
    status=502,
)  # fmt: skip

COVERED = ("@method", "@authority", "@path", "@query")
REPEATS = 2
_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
PATIENCE = 30.0  # seconds
HASHED = 10 * 10**6  # bytes a second that a busy node hashes at least, when an upload is finished
_TIMEOUT = httpx.Timeout(PATIENCE, connect=5.0)


class Signature(httpx.Auth):
    """Signs each request with an organisation's key; `keyid` is the key's thumbprint.

    With a node's key it is `THUMBPRINT@ORGANISATION`, the organisation for which the node asks.
    """

    requires_request_body = True

    def __init__(self, key: SigningKey, profile: Profile, node_of: str | None = None) -> None:
        self._key = key
        thumbprint = key.public().thumbprint(profile).hex()
        self._keyid = thumbprint if node_of is None else f"{thumbprint}@{node_of}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The request with its digest and signature."""
        covered: tuple[str, ...] = COVERED
        if request.content:
            request.headers["content-digest"] = content_digest(request.content)
            covered = (*COVERED, "content-digest")
        path, mark, query = request.url.raw_path.decode("ascii").partition("?")
        message = Request(
            request.method,
            request.url.scheme,
            request.headers["host"],
            path,
            query if mark else None,
            tuple(request.headers.items()),
        )
        parameters: dict[str, int | str] = {
            "created": int(time.time()),
            "keyid": self._keyid,
            "nonce": secrets.token_urlsafe(16),
        }
        for name, value in sign(message, covered, parameters, self._key.sign):
            request.headers[name] = value
        yield request


class Transport:
    """One node's address, asked as one organisation, or as nobody where only public answers are wanted.

    `node_of` says that the key is a node's own, and for which organisation it asks.
    """

    def __init__(
        self,
        url: str,
        key: SigningKey | None,
        profile: Profile,
        language: Language = "en",
        node_of: str | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        auth = Signature(key, profile, node_of) if key is not None else None
        self._http = httpx.Client(
            base_url=self.url,
            auth=auth,
            timeout=_TIMEOUT,
            headers={"accept-language": language},
            trust_env=False,  # a proxy of the environment must not see what goes to the own node
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        patience: float = PATIENCE,
    ) -> httpx.Response:
        """One request and its whole answer, within `patience` seconds; refuses what the node refuses."""
        again = REPEATS if method in _IDEMPOTENT else 0
        while True:
            try:
                answer = self._http.request(
                    method, target(path, query), content=content, headers=dict(headers or {}),
                    timeout=httpx.Timeout(patience, connect=5.0),
                )  # fmt: skip
            except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
                if not again or isinstance(error, httpx.ConnectError):
                    raise self.away(error) from error
                again -= 1
            except httpx.HTTPError as error:
                raise self.away(error) from error
            else:
                # It was read whole. Its stream refers back to it, and so megabytes that were sent would stay
                # until the collector of cycles comes by.
                answer.stream = httpx.ByteStream(answer.content)
                self._check(answer)
                return answer

    def json(
        self, method: str, path: str, *, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> Any:
        """The same with JSON both ways; None for an answer without content."""
        content, headers = None, {"accept": "application/json"}
        if body is not None:
            content, headers["content-type"] = msgspec.json.encode(body), "application/json"
        answer = self.ask(method, path, query=query, content=content, headers=headers)
        if not answer.content:
            return None
        try:
            return msgspec.json.decode(answer.content)
        except msgspec.DecodeError:
            raise Refused(BAD_ANSWER, url=self.url, why="it is not JSON") from None

    @contextmanager
    def stream(
        self, path: str, *, query: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Iterator[httpx.Response]:
        """An answer whose body is read piece by piece."""
        try:
            with self._http.stream("GET", target(path, query), headers=dict(headers or {})) as answer:
                if answer.is_error:
                    answer.read()
                self._check(answer)
                yield answer
        except httpx.HTTPError as error:
            raise self.away(error) from error

    def away(self, error: Exception) -> Refused:
        """The refusal for a node that cannot be reached or fell silent."""
        return Refused(NODE_AWAY, url=self.url, why=str(error) or type(error).__name__)

    def _check(self, answer: httpx.Response) -> None:
        if answer.is_success:
            return
        if "json" not in answer.headers.get("content-type", ""):
            raise Refused(BAD_ANSWER, url=self.url, why=f"HTTP {answer.status_code}")
        raise refusal(problem.decode(answer.content), answer.status_code)


def refusal(said: problem.Problem, status: int = 422) -> Refused:
    """The refusal that a problem tells of, with the node's words in whichever language they are."""
    module, _, name = (said.code or f"http/status-{said.status or status}").partition("/")
    words = said.detail or said.title or name
    template = words.replace("{", "{{").replace("}", "}}")
    return Refused(Code(module, said.number, name, template, template, said.status or status))


def target(path: str, query: Mapping[str, Any] | None = None) -> str:
    """A path with its query, percent-encoded once; values that are None are left out."""
    pairs = [(name, value) for name, value in (query or {}).items() if value is not None]
    return f"{path}?{urlencode(pairs, quote_via=quote)}" if pairs else path


def segment(text: str) -> str:
    """One segment of a path."""
    return quote(text, safe="")
