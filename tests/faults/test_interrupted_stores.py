"""What was acknowledged survives a killed process, and a full disk is refused in plain words."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dongting.errors import Code, Refused
from dongting.store.disk import DISK_FULL
from dongting.store.files import FileStore
from dongting.store.ledger import DISK_FILLED, LedgerStore
from dongting.store.side import SideStore
from dongting.wire.profile import INTERNATIONAL

WRITE_AND_TELL = """
import sys
from pathlib import Path
from dongting.store.ledger import LedgerStore
store = LedgerStore(Path(sys.argv[1]))
batch = int(sys.argv[2])
while True:
    keys = [b"k%08d%04d" % (batch, n) for n in range(100)]
    store.write([(key, b"%d" % batch * 50) for key in keys] + [(b"last", b"%d" % batch)])
    print(batch, flush=True)
    batch += 1
"""

UPLOAD_AND_TELL = """
import sys
from pathlib import Path
from dongting.store.files import FileStore
from dongting.wire.profile import INTERNATIONAL
files = FileStore(Path(sys.argv[1]), INTERNATIONAL)
upload, offset = sys.argv[2], int(sys.argv[3])
while True:
    offset = files.append(upload, offset, bytes(70_000))
    print(offset, flush=True)
"""

FILL = """
import resource, sys
from pathlib import Path
from dongting.errors import Refused
from dongting.store.ledger import LedgerStore
store = LedgerStore(Path(sys.argv[1]), reserve=0)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
written = 0
try:
    while True:
        store.write([(b"k%08d%04d" % (written, n), bytes(200)) for n in range(100)])
        written += 1
except Refused as refusal:
    print(written, refusal.code)
try:
    store.write([(b"k", b"")])
except Refused as refusal:
    print(written, refusal.code)
"""


def killed_after(source: str, lines: int, *arguments: str) -> list[str]:
    """What a child process told before it was killed, in the midst of its work."""
    with subprocess.Popen(
        [sys.executable, "-c", source, *arguments], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        told = [child.stdout.readline() for _ in range(lines)]
        child.send_signal(signal.SIGKILL)
        told += child.stdout.readlines()
    return [line.strip() for line in told if line.endswith("\n")]


def test_every_acknowledged_write_outlives_a_killed_process(tmp_path: Path) -> None:
    following = 0
    for lines in (1, 7, 40, 90):
        told = killed_after(WRITE_AND_TELL, lines, str(tmp_path), str(following))
        acknowledged = int(told[-1])
        store = LedgerStore(tmp_path)
        last = int(store.get(b"last") or b"-1")
        assert last in {acknowledged, acknowledged + 1}
        keys = [key for key, _ in store.scan(b"k")]
        assert keys == [b"k%08d%04d" % (batch, n) for batch in range(last + 1) for n in range(100)]
        following = last + 1
        store.close()


def test_another_process_cannot_open_the_ledger(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path)
    child = subprocess.run(
        [sys.executable, "-c", WRITE_AND_TELL, str(tmp_path), "0"], capture_output=True, text=True
    )
    assert f"store/ledger-in-use: Another process has this ledger open: {tmp_path}" in child.stderr
    store.close()


def test_an_upload_of_a_killed_process_goes_on_and_is_not_visible_before(tmp_path: Path) -> None:
    size = 200_000_000
    digest = hashlib.sha256(bytes(5_000_000)).hexdigest()
    files = FileStore(tmp_path, INTERNATIONAL)
    announced = files.begin(size, digest)
    told = killed_after(UPLOAD_AND_TELL, 20, str(tmp_path), announced, "0")
    received = files.status(announced)
    assert received >= int(told[-1]) > 0
    assert not files.has(digest)
    assert list(files.addresses()) == []
    with pytest.raises(Refused, match="upload-incomplete"):
        files.finish(announced)
    assert files.append(announced, received, b"more") == received + 4


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MB, where the tests may mount one."""
    directory = tmp_path / "disk"
    directory.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(directory)]
    if mount is None or os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("no permission to mount a file system")
    yield directory
    subprocess.run(["umount", "--lazy", str(directory)], check=True)


@pytest.mark.parametrize(("reserve", "code"), [(0, DISK_FULL), (-60_000_000, DISK_FILLED)])
def test_a_full_disk_refuses_a_ledger_write_and_keeps_what_was_acknowledged(
    small_disk: Path, reserve: int, code: Code
) -> None:
    """Foreseen by the check before a write, or met in its midst when that check is out of the way."""
    store = LedgerStore(small_disk / "ledger", reserve=reserve)
    written = 0

    def fill() -> None:
        nonlocal written
        while written < 1000:
            store.write([(b"k%04d%04d" % (written, n), os.urandom(500)) for n in range(100)])
            written += 1

    with pytest.raises(Refused) as refusal:
        fill()
    assert refusal.value.code is code
    assert written > 10
    assert store.get(b"k00000000") is not None
    store.close()
    subprocess.run(["mount", "-o", "remount,size=60m", str(small_disk)], check=True)
    again = LedgerStore(small_disk / "ledger", reserve=0)
    assert again.verify() in {written * 100, written * 100 + 100}
    again.write([(b"more", b"")])
    again.close()


def test_a_reserve_refuses_while_nothing_is_written_and_space_lets_it_go_on(small_disk: Path) -> None:
    store = LedgerStore(small_disk / "ledger", reserve=2_000_000)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(4_500_000))
    with pytest.raises(Refused, match="disk-full"):
        store.write([(b"a", b"1")])
    assert store.get(b"a") is None
    ballast.unlink()
    store.write([(b"a", b"2")])
    assert store.get(b"a") == b"2"
    store.close()


def test_a_limit_on_file_size_is_refused_as_a_full_disk(tmp_path: Path) -> None:
    child = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path)], capture_output=True, text=True, check=True
    )
    first, second = child.stdout.splitlines()
    written, code = first.split()
    assert code == "store/disk-filled"
    assert second == first
    store = LedgerStore(tmp_path)
    assert store.verify() in {int(written) * 100, int(written) * 100 + 100}
    store.close()


def test_a_full_disk_keeps_an_upload_for_later_and_a_side_object_as_it_was(small_disk: Path) -> None:
    data = os.urandom(5_000_000)
    files = FileStore(small_disk / "files", INTERNATIONAL, reserve=0)
    side = SideStore(small_disk / "side", reserve=0)
    side.put("0" * 64, b"old")
    with pytest.raises(Refused, match="disk-full"):
        SideStore(small_disk / "side", reserve=60_000_000).put("0" * 64, b"new")
    upload = files.begin(len(data), hashlib.sha256(data).hexdigest())
    files.append(upload, 0, data[:1_000_000])
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(4_000_000))
    with pytest.raises(Refused) as refusal:
        files.append(upload, 1_000_000, data[1_000_000:])
    assert refusal.value.code is DISK_FULL
    with pytest.raises(Refused, match="disk-full"):
        side.put("0" * 64, bytes(3_000_000))
    assert side.get("0" * 64) == b"old"
    assert len(list((small_disk / "side" / "00").iterdir())) == 1
    ballast.unlink()
    received = files.status(upload)
    assert received >= 1_000_000
    files.append(upload, received, data[received:])
    assert b"".join(files.read(files.finish(upload))) == data
