"""Several nodes of one network, each with a home of its own: one orders, the others follow it."""

import hashlib
import shutil
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from dongting.node.keystore import Keystore
from dongting.sdk.client import Client

from .conftest import PASSPHRASE, Home  # type: ignore[import-not-found]

BUREAU, TECH, ALLIANCE = "env-bureau", "green-tech", "air-alliance"


def until(fact: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait until a fact holds; what it was."""
    end = time.monotonic() + seconds
    while not (found := fact()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)
    return found


class Identity:
    """An organisation with the keys in a home."""

    def __init__(self, home: Path, organisation: str) -> None:
        self.organisation = organisation
        self.opener = _unlocked(home / "keys" / organisation / "keystore.json")
        self.key = self.opener.signing_key(f"{organisation}/signing")


@cache
def _unlocked(path: Path) -> Keystore:
    keystore = Keystore.open(path)
    keystore.unlock(PASSPHRASE)
    return keystore


class Nodes:
    """The node of the operator at `hub`, and a follower for each organisation that joined."""

    def __init__(self, directory: Path, profile: str = "international") -> None:
        self.directory = directory
        self.hub = Home(directory / "hub")
        self.hub.directory.mkdir()
        self.network = self.hub.found(profile)
        _never_anchors(self.hub)
        self.followers: dict[str, Home] = {}

    def joined(self, organisation: str) -> Home:
        """A new follower, not started yet; the organisation's keys move to it."""
        made = Home(self.directory / organisation)
        (made.home / "keys").mkdir(parents=True, mode=0o700)
        made.home.chmod(0o700)
        shutil.move(self.hub.home / "keys" / organisation, made.home / "keys" / organisation)
        invitation = self.directory / f"{organisation}.invitation"
        invitation.write_text(self.hub.do("node", "invite")["invitation"])
        given = made.do("node", "join", str(invitation), "--port", "0", "--no-start", author=organisation)
        assert given["registered"]
        _never_anchors(made)
        self.followers[organisation] = made
        return made

    def again(self) -> None:
        """Start the hub at the address that it had."""
        settings = self.hub.home / "dongting.toml"
        port = self.hub.url.rpartition(":")[2]
        settings.write_text(settings.read_text().replace("port = 0", f"port = {port}"))
        self.hub.serve()

    def stop(self) -> None:
        """End all nodes."""
        for home in (*self.followers.values(), self.hub):
            home.stop()

    def level(self) -> dict[str, Any]:
        """Wait until every running node holds what the hub holds; the status of the hub."""
        wanted = status(self.hub)
        for home in self.followers.values():
            if home.node is not None:
                until(lambda home=home: same(status(home), wanted))
        return wanted


def _never_anchors(home: Home) -> None:
    """No statement of the node's own comes between two looks at where nodes stand."""
    with (home.home / "dongting.toml").open("a") as settings:
        settings.write("\n[accounts]\nanchor_minutes = 0\n")


def status(home: Home) -> dict[str, Any]:
    """What a node says of itself."""
    return httpx.get(f"{home.url}/v1/status", trust_env=False, timeout=30).json()


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Whether two nodes stand at the same place with the same roots."""
    return all(first[key] == second[key] for key in ("height", "size", "root", "state", "time"))


def client(home: Home, organisation: str) -> Client:
    """A client of that node as an organisation whose keys are there."""
    identity = Identity(home.home, organisation)
    return Client(home.url, (home.home / "genesis.json").read_bytes(), identity)


def register(home: Home, organisation: str, id: str) -> Any:
    """Register some evidence at a node."""
    content = hashlib.sha256(id.encode()).hexdigest()
    arguments = {"id": id, "kind": "file", "content": content}
    with client(home, organisation) as acting:
        return acting.act("evidence/register", f"evidence.evidence/{id}", arguments)
