"""A client whose connection breaks: nothing is done twice, nothing is sent twice, nothing is lost."""

import contextlib
import json
import secrets
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dongting.errors import Refused
from dongting.node.keystore import Keystore
from dongting.sdk.client import Client
from dongting.sdk.parts import new_part
from dongting.sdk.statements import OUTCOME_UNKNOWN
from dongting.sdk.transport import NODE_AWAY
from dongting.wire import stream

from .conftest import PASSPHRASE, Home  # type: ignore[import-not-found]

BUREAU, TECH, ALLIANCE = "env-bureau", "green-tech", "air-alliance"
MIB = 2**20


class Wire:
    """A relay between client and node that can be cut: `up` and `down` are the bytes it still passes on,
    None for any number; a cut closes the connection once."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.node = ("", 0)
        self.up: int | None = None
        self.down: int | None = None
        self.carried = 0
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self, *, up: int | None = None, down: int | None = None) -> None:
        """Break the next connection after so many bytes in that direction."""
        self.up, self.down = up, down

    def close(self) -> None:
        """Break every connection and stop."""
        for end in (self.listener, *self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._relay, args=(client,)))
            self._threads[-1].start()

    def _relay(self, client: socket.socket) -> None:
        with client, socket.create_connection(self.node) as node:
            self._open += [client, node]
            back = threading.Thread(target=self._carry, args=(node, client, "down"))
            back.start()
            self._carry(client, node, "up")
            back.join()

    def _carry(self, source: socket.socket, target: socket.socket, way: str) -> None:
        """Pass bytes on until either end closes or the wire is cut; then close both ways."""
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                left = getattr(self, way)
                setattr(self, way, None if left is None or len(data) >= left else left - len(data))
                target.sendall(data[:left])
                self.carried += len(data) if way == "up" else 0
                if left is not None and len(data) >= left:
                    break
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class _Identity:
    def __init__(self, home: Path, organisation: str) -> None:
        keystore = Keystore.open(home / "keys" / organisation / "keystore.json")
        keystore.unlock(PASSPHRASE)
        self.organisation = organisation
        self.key = keystore.signing_key(f"{organisation}/signing")
        self.opener = keystore


@pytest.fixture(scope="module")
def wire(home: Home) -> Iterator[Wire]:
    """A node that is reached through the relay."""
    made = Wire()
    home.found("international", "--supervisor", ALLIANCE)
    with (home.home / "dongting.toml").open("a") as settings:
        settings.write(f'public_url = "{made.url}"\n')
    home.serve()
    host, _, port = home.url.removeprefix("http://").rpartition(":")
    made.node = (host, int(port))
    yield made
    made.close()


@pytest.fixture
def client(home: Home, wire: Wire, tmp_path: Path) -> Iterator[Client]:
    """The bureau's client, behind the relay."""
    genesis = (home.home / "genesis.json").read_bytes()
    identity = _Identity(home.home, BUREAU)
    with Client(wire.url, genesis, identity, journals=tmp_path / "journals") as made:
        assert made.checked
        yield made
    wire.cut()


def described(id: str) -> dict[str, object]:
    return {
        "id": id, "title": {"en": id}, "description": {"en": "d"}, "theme": "ENVI", "frequency": "DAILY",
        "sharing": "unconditional", "opening": "not-open", "grade": "general-1",
    }  # fmt: skip


def test_a_lost_answer_is_asked_for_and_the_statement_stands_once(client: Client, wire: Wire) -> None:
    wire.cut(down=1)
    done = client.act("catalogue/publish", "catalogue.dataset/lost", described("lost"))
    assert client.records.get("catalogue.dataset", "lost").leaf == done.index
    assert client.records.get("catalogue.dataset", "lost").version == 1


def test_the_same_bytes_again_give_the_first_outcome(client: Client) -> None:
    data = client.statements.sign("catalogue/publish", "catalogue.dataset/twice", described("twice"))
    first, again = client.statements.send(data), client.statements.send(data)
    assert (first.index, first.height) == (again.index, again.height)


def test_a_refused_statement_tells_the_nodes_code_and_text(client: Client) -> None:
    data = described("refused") | {"grade": "core"}
    with pytest.raises(Refused) as refused:
        client.act("catalogue/publish", "catalogue.dataset/refused", data)
    assert str(refused.value.code) == "catalogue/core-data"
    assert "data security authority" in refused.value.text("en")


def test_a_node_that_is_away_is_named_and_nothing_is_left_unknown(home: Home, tmp_path: Path) -> None:
    genesis = (home.home / "genesis.json").read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with Client(f"http://127.0.0.1:{port}", genesis, _Identity(home.home, BUREAU)) as away:
        data = away.statements.sign("catalogue/publish", "catalogue.dataset/x", described("x"))
        with pytest.raises(Refused) as refused:
            away.statements.send(data)
    assert refused.value.code is NODE_AWAY
    assert refused.value.code is not OUTCOME_UNKNOWN


def test_an_upload_goes_on_where_the_wire_broke(client: Client, wire: Wire, tmp_path: Path) -> None:
    path = tmp_path / "big.bin"
    path.write_bytes(secrets.token_bytes(11 * MIB + 12345))
    offered = client.contents.measure(path)
    wire.carried = 0
    wire.cut(up=6 * MIB)
    client.contents.store(path, offered, "catalogue.dataset-version/big.1")
    assert 11 * MIB < wire.carried < 15 * MIB  # the broken piece of 4 MiB went twice, the others once
    assert offered.address is not None
    target, facts = client.contents.download(offered.commitment, offered.address, None, tmp_path / "copy.bin")
    assert target.read_bytes() == path.read_bytes()
    assert facts.name == "big.bin"


def test_an_upload_that_was_given_up_goes_on_in_another_process(
    client: Client, wire: Wire, tmp_path: Path
) -> None:
    path = tmp_path / "halted.bin"
    path.write_bytes(secrets.token_bytes(9 * MIB))

    def interrupt(done: int, _: int) -> None:
        if done:
            raise KeyboardInterrupt

    offered = client.contents.measure(path)
    with pytest.raises(KeyboardInterrupt):
        client.contents.store(path, offered, "catalogue.dataset-version/halted.1", interrupt)
    wire.carried = 0
    again = client.contents.measure(path)
    client.contents.store(path, again, "catalogue.dataset-version/halted.1")
    assert again == offered
    assert 4 * MIB < wire.carried < 6 * MIB  # the first piece of 4 MiB had arrived


def test_a_finished_upload_is_not_sent_again(client: Client, wire: Wire, tmp_path: Path) -> None:
    path = tmp_path / "once.bin"
    path.write_bytes(secrets.token_bytes(2 * MIB))
    offered = client.contents.measure(path)
    client.contents.store(path, offered, "catalogue.dataset-version/once.1")
    wire.carried = 0
    client.contents.store(path, client.contents.measure(path), "catalogue.dataset-version/once.1")
    assert wire.carried < MIB


def test_a_download_goes_on_where_it_broke_off(client: Client, wire: Wire, tmp_path: Path) -> None:
    path = tmp_path / "long.bin"
    path.write_bytes(secrets.token_bytes(7 * MIB + 1))
    offered = client.contents.measure(path)
    client.contents.store(path, offered, "catalogue.dataset-version/long.1")
    assert offered.address is not None
    seen: list[int] = []

    def watch(done: int, _: int) -> None:
        if not seen:
            wire.cut(down=3 * MIB)
        seen.append(done)

    target = tmp_path / "arrived.bin"
    client.contents.download(offered.commitment, offered.address, None, target, watch)
    assert target.read_bytes() == path.read_bytes()
    assert sorted(seen) == seen  # it never began anew
    assert [found.name for found in tmp_path.iterdir() if found.name.endswith(".partial")] == []


@pytest.mark.parametrize("size", [0, 1, stream.SEGMENT, stream.SEGMENT + 1])
def test_files_of_every_edge_come_back_identical(client: Client, tmp_path: Path, size: int) -> None:
    path = tmp_path / f"{size}.bin"
    path.write_bytes(secrets.token_bytes(size))
    offered = client.contents.measure(path)
    client.contents.store(path, offered, f"catalogue.dataset-version/edge-{size}.1")
    assert offered.address is not None
    target, _ = client.contents.download(offered.commitment, offered.address, None, tmp_path / "back")
    assert target.read_bytes() == path.read_bytes()


def test_a_changed_file_is_measured_anew(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "changing.csv"
    path.write_text("a\n1\n")
    before = client.contents.measure(path)
    path.write_text("a\n22\n")
    after = client.contents.measure(path)
    assert before.commitment != after.commitment
    assert before.facts.salt != after.facts.salt


def test_a_part_is_read_by_its_readers_and_by_nobody_else(home: Home, wire: Wire, client: Client) -> None:
    part = new_part(b'{"text":{"en":"for two"}}')
    commitment = client.parts.put(part, [TECH], "sharing.negotiation/none")
    genesis = (home.home / "genesis.json").read_bytes()
    with Client(wire.url, genesis, _Identity(home.home, TECH)) as reader:
        assert reader.parts.get(commitment) == part
    with (
        Client(wire.url, genesis, _Identity(home.home, ALLIANCE)) as stranger,
        pytest.raises(Refused) as refused,
    ):
        stranger.parts.get(commitment)
    assert refused.value.code.status == 403


def test_a_supervisor_reads_what_two_parties_send_each_other(home: Home, client: Client) -> None:
    client.act("catalogue/publish", "catalogue.dataset/watched", described("watched"))
    home.do(
        "request", "watched", "--id", "watched-1", "--purpose-en", "seen by the supervisor", "--until",
        "2030-01-01", "--yes", author=TECH,
    )  # fmt: skip
    (read,) = home.do("read", "negotiation", "watched-1", author=ALLIANCE)
    assert read["content"]["purpose"] == {"en": "seen by the supervisor"}


def test_an_admission_is_proposed_voted_and_carried_out(home: Home, client: Client) -> None:
    home.do("keys", "new", author="lake-lab")
    applied = home.run("keys", "application", author="lake-lab")
    keys = json.loads(applied.out)
    key = keys["signing_keys"][0]
    home.do("membership", "vouch", "--id", "v-1", "--applicant", "lake-lab", "--yes", author=BUREAU)
    home.do(
        "membership", "admit", "--proposal", "p-1", "--motive", "a good team", "--id", "lake-lab",
        "--kind", "team", "--name-zh", "湖泊实验室", "--vouch", "v-1",
        "--signing-keys", f"key={key['key']},possession={key['possession']}",
        "--encryption-key", keys["encryption_key"], "--yes", author=BUREAU,
    )  # fmt: skip
    for founder in (BUREAU, TECH):
        home.do("governance", "vote", "--proposal", "p-1", "--choice", "for", "--yes", author=founder)
    shown = home.do("show", "organisation", "lake-lab", author="lake-lab")
    assert shown["record"]["standing"] == "active"


def test_rotated_keys_sign_and_open_from_then_on(home: Home, client: Client) -> None:
    before = client.members.organisation(TECH).record
    for purpose in ("signing", "encryption"):
        home.do("keys", "rotate", purpose, author=TECH)
    after = client.members.organisation(TECH).record
    assert before["encryption_key"] != after["encryption_key"]
    assert before["signing_keys"] != after["signing_keys"]
    commitment = client.parts.put(new_part(b'{"text":{"en":"new key"}}'), [TECH], "sharing.negotiation/none")
    genesis = (home.home / "genesis.json").read_bytes()
    with Client(home.url, genesis, _Identity(home.home, TECH)) as reader:
        assert reader.parts.get(commitment).content == b'{"text":{"en":"new key"}}'


def test_a_locked_node_reads_says_how_to_unlock_and_is_unlocked(home: Home, client: Client) -> None:
    (home.directory / "note.txt").write_text("something to register")
    home.stop()
    locked = home.serve_locked()
    assert locked["writing"] is False
    assert "dongting keys unlock" in locked["reason"]
    refused = home.run("evidence", "register", "note.txt", "--id", "locked-1", "--yes", author=TECH)
    assert "[node/locked]" in refused.err
    home.do("keys", "unlock")
    home.do("evidence", "register", "note.txt", "--id", "locked-1", "--yes", author=TECH)
