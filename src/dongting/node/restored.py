"""A node that came from a backup: read-only until it is known to extend what anyone holds of its log.

The file `restored` in the home says so. It names the state of the backup and the checkpoints that holders
showed. While it is there the node serves reads, takes no statements and signs nothing, because it could
otherwise show a second history.
"""

from contextlib import closing
from pathlib import Path

import msgspec
from msgspec import Struct

from dongting.apps import governance
from dongting.errors import Code, Fault, Refused, require
from dongting.kernel.machine import Machine
from dongting.node.checkpoints import Issuer
from dongting.node.erasures import apply, erased
from dongting.node.home import FILE_RESTORED as FILE
from dongting.node.home import Home
from dongting.node.validators import history
from dongting.store.disk import replace_file, sync_directory
from dongting.wire import checkpoint as checkpoints
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.genesis import origin
from dongting.wire.keys import SigningKey, from_base64, public_key
from dongting.wire.note import VerifierKey
from dongting.wire.statement import build, decode

UNCONFIRMED = Code(
    "node", 80, "restored-unconfirmed",
    "This node was restored from a backup of height {height} and is read-only: nobody could be asked "
    "whether the log went on after it. Name holders of the log in restore.peers, or stop the node and run "
    "`dongting confirm-restore` if you are sure that this is the newest copy.",
    "本节点由高度 {height} 的备份恢复，现为只读：尚无人可证实日志此后是否有新内容。"
    "请在 restore.peers 中写明日志的持有方；若确认这是最新副本，"
    "请停止节点并执行 `dongting confirm-restore`。",
    status=503,
)  # fmt: skip
BEHIND = Code(
    "node", 81, "restored-behind",
    "This node was restored from a backup of {size} leaves and is read-only: a holder of its log has a "
    "checkpoint of {newest} leaves. Name a node that holds them in restore.peers, or restore a newer backup.",
    "本节点由含 {size} 条日志的备份恢复，现为只读：日志的其他持有方已有 {newest} 条的检查点。"
    "请在 restore.peers 中写明持有它们的节点，或恢复较新的备份。",
    status=503,
)  # fmt: skip
FORKED = Code(
    "node", 82, "restored-forked",
    "The checkpoint of {newest} leaves belongs to another history than this ledger; do not run this copy, "
    "and find out who signed what.",
    "该 {newest} 条的检查点属于与本账本不同的历史；请勿运行此副本，并查明签署情况。",
    status=409,
)  # fmt: skip
OTHER_LOG = Code(
    "node", 83, "checkpoint-of-another-log",
    "This checkpoint is of the log {given}, not of {origin}; ask for the right one.",
    "该检查点属于日志 {given}，而不是 {origin}；请获取正确的检查点。",
    status=409,
)  # fmt: skip
NOT_RESTORED = Code(
    "node", 84, "not-restored",
    "This node waits for no confirmation; nothing was done.",
    "本节点无需确认；未执行任何操作。",
    status=409,
)  # fmt: skip


class Restored(Struct, frozen=True):
    """The state of the backup, and the newest leaf count among the checkpoints that were shown (0: none)."""

    height: int
    size: int
    newest: int = 0

    def why(self) -> Refused:
        """Why the node is read-only."""
        if self.newest > self.size:
            return Refused(BEHIND, size=self.size, newest=self.newest)
        return Refused(UNCONFIRMED, height=self.height)


def marked(home: Home) -> Restored | None:
    """What the file `restored` says; None when the node is not waiting."""
    path = home.path / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Restored)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise Fault(f"{path} is damaged: {error}; restore the backup again") from error


def restored(home: Home) -> Refused | None:
    """Why a restored node is read-only, if it still is."""
    mark = marked(home)
    return None if mark is None else mark.why()


def mark(home: Home, machine: Machine, notes: list[bytes]) -> Refused | None:
    """Judge by the checkpoints that holders showed: keep the node read-only and say why, or let it go on."""
    head = machine.head
    newest = max((extended(machine, note).size for note in notes), default=0)
    if notes and newest <= head.size:
        release(home)
        return None
    found = Restored(head.height, head.size, newest)
    replace_file(home.path / FILE, msgspec.json.encode(found))
    return found.why()


def newer(home: Home, size: int) -> None:
    """Remember that somebody holds so many leaves: below that, no confirmation by hand is taken."""
    found = marked(home)
    if found is not None and found.newest < size:
        replace_file(home.path / FILE, msgspec.json.encode(msgspec.structs.replace(found, newest=size)))


def extended(machine: Machine, note: bytes) -> Checkpoint:
    """The checkpoint in a holder's note, signed by this log; refuses one of another log or history.

    One that is ahead of the ledger is returned as it is: nothing can be said about it but that.
    """
    given, name = checkpoints.decode(note), origin(machine.genesis)
    require(given.origin == name, OTHER_LOG, given=given.origin, origin=name)
    checkpoints.verify(note, log_keys(machine))
    if given.size <= machine.head.size:
        require(machine.log.root_at(given.size) == given.root, FORKED, newest=given.size)
    return given


def log_keys(machine: Machine) -> list[VerifierKey]:
    """All keys that may have signed checkpoints of this log, as far as its state tells."""
    keys = {key.key for key in machine.genesis.log_keys}
    for record in history(machine):
        keys |= {member.key for member in record.members}  # also those of a height to come
    name = origin(machine.genesis)
    return [VerifierKey(name, public_key(from_base64(key))) for key in sorted(keys)]


def release(home: Home) -> None:
    """The node is as good as any other from now on."""
    path: Path = home.path / FILE
    path.unlink(missing_ok=True)
    sync_directory(home.path)


def confirm(home: Home, log_key: SigningKey, author: SigningKey, now: int, nonce: bytes) -> int:
    """Go on from the backup with nobody to ask, and put that on record; the index of that leaf.

    `author` is the signing key of the organisation that answers for the log key. The node must be stopped.
    """
    found = marked(home)
    require(found, NOT_RESTORED)
    assert found is not None
    with closing(home.ledger()) as store:
        machine = Machine(store, home.rules(), home.genesis_bytes())
        size = machine.head.size  # more than in the backup, where holders had shown more
        require(found.newest <= size, BEHIND, size=size, newest=found.newest)
        apply(home, list(erased(store)))
        statement = notice(machine, log_key, author, found, now, nonce)
        index = _accepted(machine, statement, now)
        issuer = Issuer(machine, origin(machine.genesis), log_key, home.path / "checkpoint")
        issuer.close()
    release(home)
    return index


def answerable(machine: Machine, log_key: SigningKey) -> str:
    """The organisation that answers for a log key; empty when it is none of this network's."""
    kid = log_key.public().thumbprint(machine.profile).hex()
    return next((m.owner for m in governance.engine_members(machine.reader()) if m.id == kid), "")


def notice(
    machine: Machine, log_key: SigningKey, author: SigningKey, found: Restored, now: int, nonce: bytes
) -> bytes:
    """The statement that puts a restore on record, by the organisation that answers for the log key."""
    profile = machine.profile
    kid = log_key.public().thumbprint(profile).hex()
    owner = answerable(machine, log_key)
    id = f"restore-{nonce.hex()[:16]}"
    return build(
        author, profile, issuer=owner, network=machine.network, action="governance/record-restore",
        subject=f"governance.restore-notice/{id}", issued=now, nonce=nonce,
        arguments={"id": id, "log_key": kid, "backup_height": found.height},
    )  # fmt: skip


def _accepted(machine: Machine, data: bytes, now: int) -> int:
    statement = decode(data, machine.profile)
    block = machine.execute(now, [statement])
    outcome = block.outcomes[0]
    if isinstance(outcome, Refused):
        raise outcome
    machine.commit(block)
    return outcome.index
