"""CometBFT's JSON-RPC (v0.38, rpc/openapi) over the unix socket on which it listens for this node alone."""

import base64
from pathlib import Path
from typing import Any

import httpx

from dongting.errors import Fault

_TIMEOUT = 10  # seconds


class RpcError(Exception):
    """CometBFT answered that it could not do it; `why` is its text."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Rpc:
    """Calls one CometBFT; every method raises `RpcError`, also when nobody answers."""

    def __init__(self, socket: Path) -> None:
        self.client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=str(socket)), base_url="http://cometbft", timeout=_TIMEOUT
        )

    async def close(self) -> None:
        """Hang up."""
        await self.client.aclose()

    async def call(self, method: str, **parameters: Any) -> Any:
        """The result of one method."""
        message = {"jsonrpc": "2.0", "id": 0, "method": method, "params": parameters}
        try:
            answer = (await self.client.post("/", json=message)).json()
        except (httpx.HTTPError, ValueError) as error:
            raise RpcError(f"CometBFT does not answer ({type(error).__name__})") from None
        if "error" in answer:
            told = answer["error"]
            raise RpcError(str(told.get("data") or told.get("message")))
        if "result" not in answer:
            raise Fault(f"CometBFT answered {method} with neither result nor error")
        return answer["result"]

    async def broadcast(self, tx: bytes) -> None:
        """Put a transaction in the mempool; that it lies there already is as good.

        Raises `RpcError` when it is full, or when this node's own check refuses the transaction.
        """
        try:
            found = await self.call("broadcast_tx_sync", tx=base64.b64encode(tx).decode())
        except RpcError as error:
            if "already exists in cache" in error.why:
                return
            raise
        if found["code"]:
            raise RpcError(f"the transaction was refused: {found['log']}")
