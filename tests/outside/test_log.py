"""The log as others read it: C2SP tlog-tiles, tlog-checkpoint, signed-note and tlog-cosignature.

torchwood (a client of Go's sumdb maintainer) fetches and authenticates, golang.org/x/mod opens the notes,
transparency-dev/merkle verifies the proofs.
"""

import base64
import http.server
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dongting.wire import checkpoint, merkle, note
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.keys import PrivateKey
from dongting.wire.note import COSIGNATURE, VerifierKey
from dongting.wire.profile import INTERNATIONAL
from dongting.wire.suites import ED25519
from dongting.wire.tiles import WIDTH, Tile, TileHashes, encode_bundle, grow, tile_named, tiles_of

ORIGIN = "hunan.example/0123456789abcdef"
SIZES = (300, 66_000)  # the larger one has tiles of level 2


class Site:
    """A log of short entries, as static files on a port of this machine."""

    def __init__(self) -> None:
        self.key = PrivateKey.generate(ED25519)
        self.vkey = VerifierKey(ORIGIN, self.key.public()).encode()
        self.entries = [b"entry %d" % index for index in range(SIZES[-1])]
        self.hashes = [merkle.leaf_hash(INTERNATIONAL, entry) for entry in self.entries]
        self.stored: dict[Tile, bytes] = {}
        frontier, self.notes = merkle.Frontier(INTERNATIONAL), []
        for size in SIZES:
            before = frontier.size
            completed = frontier.extend(self.hashes[before:size])
            for tile, data in grow(before, completed, lambda tile: self.stored[tile.place()]):
                self.stored[tile.place()] = data
            self.notes.append(checkpoint.sign(Checkpoint(ORIGIN, size, frontier.root()), [self.key]).decode())
        self.files = {tile.path(): self.file(tile) for tile in tiles_of(SIZES[-1])}
        for tile in tiles_of(SIZES[-1]):
            if tile.level == 0:
                self.files[tile.bundle().path()] = self.file(tile.bundle())

    def file(self, tile: Tile) -> bytes:
        """What stands at the path of a tile."""
        if tile.level < 0:
            first = tile.index * WIDTH
            return encode_bundle(self.entries[first : first + tile.width])
        return self.stored[tile.place()][: 32 * tile.width]

    def serve(self) -> tuple[http.server.ThreadingHTTPServer, str]:
        files = self.files

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65_536  # head and body in one packet

            def do_GET(self) -> None:
                data = files.get(self.path[1:])
                self.send_response(404 if data is None else 200)
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        return server, f"http://127.0.0.1:{server.server_address[1]}"


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


@pytest.fixture(scope="module")
def url(site: Site) -> Iterator[str]:
    server, url = site.serve()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield url
    server.shutdown()
    server.server_close()
    thread.join()


def read(go: Any, site: Site, url: str, **changes: Any) -> dict[str, Any]:
    given = {"URL": url, "VKey": site.vkey, "Older": site.notes[0], "Newer": site.notes[1]}
    answer: dict[str, Any] = go("log", **{**given, **changes})
    return answer


def test_every_entry_is_read_and_the_checkpoints_are_consistent(go: Any, site: Site, url: str) -> None:
    answer = read(go, site, url)
    assert "error" not in answer, answer
    assert (answer["Origin"], answer["Size"]) == (ORIGIN, SIZES[-1])
    assert [base64.b64decode(entry) for entry in answer["Entries"]] == site.entries


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/007",
        "tile/1/000",
        "tile/1/001.p/1",
        "tile/2/000.p/1",
        "tile/entries/007",
        "tile/entries/257.p/208",
    ],
)
def test_a_changed_file_is_noticed(go: Any, site: Site, url: str, path: str) -> None:
    tile_named(path)
    kept = site.files[path]
    site.files[path] = kept[:-1] + bytes([kept[-1] ^ 1])
    try:
        assert "error" in read(go, site, url)
    finally:
        site.files[path] = kept


def test_a_checkpoint_of_another_past_is_noticed(go: Any, site: Site, url: str) -> None:
    forked = checkpoint.sign(Checkpoint(ORIGIN, SIZES[0], b"\x01" * 32), [site.key]).decode()
    assert "error" in read(go, site, url, Older=forked)


def test_a_checkpoint_signed_by_another_key_is_refused(go: Any, site: Site, url: str) -> None:
    other = VerifierKey(ORIGIN, PrivateKey.generate(ED25519).public()).encode()
    assert "error" in read(go, site, url, VKey=other)


def test_a_running_node_is_read_by_a_member(go: Any, served: Any) -> None:
    served.register(40)
    older = served.run(served.node.checkpoint())
    served.register(500)
    newer = served.run(served.node.checkpoint())
    member = served.keys["green-tech"]
    answer = go(
        "log",
        URL=f"{served.url}/log",
        VKey=served.vkey,
        Older=older,
        Newer=newer,
        Seed=member.raw[:32],
        KeyID=member.public().thumbprint(served.profile).hex(),
    )
    assert "error" not in answer, answer
    size = checkpoint.decode(newer.encode()).size
    assert size > 512
    leaves = [served.run(served.node.leaf(index)) for index in range(size)]
    assert [base64.b64decode(entry) for entry in answer["Entries"]] == leaves


def test_entries_are_for_members_only(go: Any, served: Any) -> None:
    served.register(1)
    now = served.run(served.node.checkpoint())
    answer = go("log", URL=f"{served.url}/log", VKey=served.vkey, Older=now, Newer=now)
    assert "401" in answer["error"]


def cosigned(key: PrivateKey, site: Site, time: int) -> str:
    data = site.notes[1].encode()
    line = checkpoint.cosign(data, "witness.example/one", key, time)
    return checkpoint.add(data, [line]).decode()


def test_our_cosignature_is_verified_elsewhere(go: Any, site: Site) -> None:
    key = PrivateKey.generate(ED25519)
    witness = VerifierKey("witness.example/one", key.public(), COSIGNATURE).encode()
    text = cosigned(key, site, 1_800_000_000)
    answer = go("cosigned", Note=text, VKey=site.vkey, WitnessVKey=witness)
    assert answer == {"Size": SIZES[-1], "Time": 1_800_000_000}
    assert "error" in go("cosigned", Note=site.notes[1], VKey=site.vkey, WitnessVKey=witness)
    stranger = VerifierKey("witness.example/one", PrivateKey.generate(ED25519).public(), COSIGNATURE).encode()
    assert "error" in go("cosigned", Note=text, VKey=site.vkey, WitnessVKey=stranger)


def test_the_cosignature_of_another_witness_is_verified_here(go: Any, site: Site) -> None:
    answer = go("cosign", Note=site.notes[1], VKey=site.vkey, Seed=b"\x07" * 32, Name="witness.example/two")
    witness = note.verifier_key(answer["VKey"])
    found = checkpoint.verify(answer["Note"].encode(), [note.verifier_key(site.vkey), witness])
    assert [each.key for each in found.witnesses] == [witness]
    assert found.witnesses[0].time > 1_700_000_000


def roots(site: Site) -> Callable[[int], tuple[TileHashes, bytes]]:
    def at(size: int) -> tuple[TileHashes, bytes]:
        hashes = TileHashes(INTERNATIONAL, size, lambda tile: site.stored[tile.place()])
        return hashes, merkle.root_at(INTERNATIONAL, size, hashes)

    return at


def test_merkle_proofs_are_verified_elsewhere(go: Any, site: Site) -> None:
    at = roots(site)
    inclusions, consistencies = [], []
    for size in [*range(1, 36), 255, 256, 257, 1000, 65_535, 65_536, 65_537, 66_000]:
        hashes, root = at(size)
        for index in sorted({0, size // 3, size // 2, size - 1}):
            path = merkle.inclusion_path(INTERNATIONAL, index, size, hashes)
            entry = site.entries[index]
            inclusions.append({"Index": index, "Size": size, "Entry": entry, "Root": root, "Path": path})
        for first in sorted({1, size // 2 + 1, size}):
            path = merkle.consistency_path(INTERNATIONAL, first, size, hashes)
            consistencies.append(
                {"First": first, "Second": size, "FirstRoot": at(first)[1], "SecondRoot": root, "Path": path}
            )
    answer = go("proofs", Inclusions=inclusions, Consistencies=consistencies)
    assert answer == {"Checked": len(inclusions) + len(consistencies)}
    inclusions[-1]["Path"][0] = bytes(32)
    assert "66000" in go("proofs", Inclusions=inclusions, Consistencies=[])["error"]
