"""A node that is told to end while its views read a large ledger ends cleanly, soon, and goes on later."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from dongting.kernel.machine import Machine
from dongting.testing.homes import PASSPHRASE, NodeHome
from dongting.wire.statement import decode

BLOCKS = 150
SOON = 20  # seconds

#: The real node on a disk that takes a tenth of a second for each block that is read.
SERVE = """
import asyncio, sys, time
from pathlib import Path
from dongting.node import logs, serve
from dongting.node.config import load
from dongting.node.recent import RecentBlocks

read = RecentBlocks.at

def slowly(self, height):
    time.sleep(0.1)
    return read(self, height)

RecentBlocks.at = slowly
path = Path(sys.argv[1])
config = load(path)
with logs.logging_to(logs.handler("json", config.path(config.log.file), sys.stderr), "info"):
    key = serve.unlocked_log_key(config, sys.argv[2].encode())
    asyncio.run(serve.serve(config, path, key, lambda url: print(url, flush=True)))
"""


def test_a_node_ends_cleanly_while_its_views_read_a_large_ledger_and_goes_on_later(tmp_path: Path) -> None:
    made = large(tmp_path / "home")
    for _ in range(2):
        command = [sys.executable, "-c", SERVE, str(made.path / "dongting.toml"), PASSPHRASE.decode()]
        node = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert node.stdout is not None
        assert node.stdout.readline().startswith("http://")
        time.sleep(1)  # the projector asks for all blocks at once
        began = time.monotonic()
        node.send_signal(signal.SIGTERM)
        assert node.wait(SOON) == 0, f"after {time.monotonic() - began} s"
        node.stdout.close()
    said = [json.loads(line) for line in (made.path / "node.log").read_text().splitlines()]
    told = [line["message"] for line in said if line["level"] != "info" or line["message"] == "shutting down"]
    assert told == ["shutting down"] * 2
    assert not list((made.path / "run").glob("*.sock"))
    node_again = made.node()  # which nobody else has open
    assert node_again.machine.head.height == BLOCKS
    node_again._store.close()


def large(path: Path) -> NodeHome:
    """A home with more blocks than are read while anybody waits, and empty views."""
    made = NodeHome(path)
    with (path / "dongting.toml").open("a") as settings:
        settings.write('[http]\nport = 0\n[log]\nfile = "node.log"\n')
    store = made.home.ledger()
    machine = Machine(store, made.home.rules(), (path / "genesis.json").read_bytes())
    for number in range(BLOCKS):
        machine.commit(machine.execute(int(time.time()), [decode(made.evidence(number), made.profile)]))
    store.close()
    return made
