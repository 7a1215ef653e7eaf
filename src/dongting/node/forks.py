"""Evidence that one log has two histories: two signed checkpoints of which neither extends the other.

A node that was shown them keeps both in the file `forked` of its home and takes nothing further, until its
operator has settled with the other members which history counts, and removed that file.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from dongting.kernel.entries import Head
from dongting.store.disk import replace_file
from dongting.wire.keys import to_base64

FILE = "forked"
FORMAT = "dongting-fork-1"


class Evidence(Struct, frozen=True):
    """What was held and what was shown.

    `held` is the signed note that this node had adopted, `log` the size and root of its log (hexadecimal)
    when `source` showed it the note `shown`; `proof` are hashes in base64url that came as proof. A witness
    shows no note: then `shown` is empty.
    """

    format: str
    network: str
    source: str
    time: int
    held: str
    log: tuple[int, str]
    shown: str
    proof: list[str]


def keep(
    directory: Path,
    head: Head,
    source: str,
    time: int,
    held: bytes,
    shown: bytes,
    proof: Sequence[bytes] = (),
) -> Path:
    """Keep the evidence in a home, durably; the file that holds it."""
    path = directory / FILE
    evidence = Evidence(
        FORMAT, head.network, source, time, held.decode(), (head.size, head.root.hex()), shown.decode(),
        [to_base64(each) for each in proof],
    )  # fmt: skip
    replace_file(path, msgspec.json.format(msgspec.json.encode(evidence), indent=1) + b"\n")
    return path
