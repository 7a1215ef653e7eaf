"""Cables between validators that a test can cut: each CometBFT in a network namespace of its own.

    node n:  namespace dt<pid>-<n>, address 10.20.30.<n+1>, one veth pair to the switch
    switch:  namespace dt<pid>-s, one bridge for each side of a partition

A node whose port stands on another bridge neither sends nor receives; connections are not closed, as behind
a cable that somebody pulled. Only CometBFT is put there (`engine.binary` names a program that enters the
namespace first): the ledger process speaks to it by unix sockets. Nothing is changed outside the namespaces.
Needs root and Debian's iproute2.
"""

import os
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path

from dongting.engines.cometbft.binary import find_binary
from dongting.node.config import load

_IP = shutil.which("ip", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or "ip"
_SIDES = ("one", "other")  # the bridges


class Cables:
    """The network of nodes whose homes lie under `directory`; made here, before any of them starts."""

    def __init__(self, directory: Path, nodes: Collection[str]) -> None:
        self._count = len(nodes)
        self._switch = f"dt{os.getpid()}-s"
        self._made: list[str] = []
        try:
            self._lay()
            self._move(directory, nodes)
        except BaseException:
            self.close()
            raise

    def split(self, *numbers: int) -> None:
        """Leave these nodes connected with each other alone, and the rest with each other."""
        for number in range(self._count):
            self._plug(number, _SIDES[number in numbers])

    def heal(self) -> None:
        """Connect all again."""
        self.split()

    def close(self) -> None:
        """Take all of it away; what still runs inside loses its network."""
        for name in self._made:
            _ip("netns", "delete", name)
        self._made = []

    def _space(self, number: int) -> str:
        return f"dt{os.getpid()}-{number}"

    def _plug(self, number: int, side: str) -> None:
        _ip("-n", self._switch, "link", "set", f"port{number}", "master", side, "up")

    def _lay(self) -> None:
        for name in (self._switch, *map(self._space, range(self._count))):
            _ip("netns", "add", name)
            self._made.append(name)
        for side in _SIDES:
            _ip("-n", self._switch, "link", "add", side, "type", "bridge")
            _ip("-n", self._switch, "link", "set", side, "up")
        for number in range(self._count):
            space = self._space(number)
            _ip("-n", space, "link", "add", "cable", "type", "veth",
                "peer", "name", f"port{number}", "netns", self._switch)  # fmt: skip
            _ip("-n", space, "address", "add", f"{_address(number)}/24", "dev", "cable")
            for device in ("lo", "cable"):
                _ip("-n", space, "link", "set", device, "up")
            self._plug(number, _SIDES[0])

    def _move(self, directory: Path, nodes: Collection[str]) -> None:
        """Have each node's settings name its namespace, and everybody's address there."""
        homes = [directory / node for node in nodes]
        listen = [load(home / "dongting.toml").engine.listen for home in homes]
        for number, home in enumerate(homes):
            enter = home / "cometbft-behind-cable"
            enter.write_text(f'#!/bin/sh\nexec {_IP} netns exec {self._space(number)} {find_binary()} "$@"\n')
            enter.chmod(0o700)
            settings = home / "dongting.toml"
            text = settings.read_text()
            for other, old in enumerate(listen):
                text = text.replace(old, f"{_address(other)}:{old.rpartition(':')[2]}")
            settings.write_text(text.replace("[engine]\n", f'[engine]\nbinary = "{enter}"\n'))


def _address(number: int) -> str:
    return f"10.20.30.{number + 1}"


def _ip(*arguments: str) -> None:
    done = subprocess.run([_IP, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr.strip()} (needs root and iproute2)"
