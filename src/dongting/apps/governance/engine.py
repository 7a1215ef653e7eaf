"""Who orders blocks and signs checkpoints: log keys, their power, and who answers for them.

A log key is Ed25519 (C2SP signed note) under every profile, and serves nothing else. In a consortium each
member has a consensus key too, with which its node votes on blocks. Members change from an agreed height;
earlier versions of the record tell whose signature an old checkpoint needed.
"""

from typing import Annotated, Literal

import msgspec

from dongting.appkit.app import COLLECTIVE, MEMBER, Record
from dongting.appkit.context import Context, Reader
from dongting.appkit.fields import Base64, Count, Instant, OrganisationId, Slug, kind, says
from dongting.apps.governance.codes import (
    BAD_LOG_KEY,
    DUPLICATE_CONSENSUS_KEY,
    DUPLICATE_LOG_KEY,
    HEIGHT_PASSED,
    NO_SUCH_MEMBER,
    NOT_A_CONSENSUS_KEY,
    NOT_ITS_LOG_KEY,
    NOTHING_CHANGES,
    RESTORED_AHEAD,
    TAKEN,
    TOO_MUCH_AT_ONCE,
)
from dongting.apps.governance.declaration import app
from dongting.apps.governance.needs import Founders
from dongting.errors import Fault, require
from dongting.wire.keys import from_base64, public_key, to_base64
from dongting.wire.profile import profile_named
from dongting.wire.suites import ED25519

ENGINE: Literal["engine"] = "engine"  # the id of the one record

Thumbprint = Annotated[str, kind("thumbprint", pattern=r"^[0-9a-f]{64}$(?!\n)")]
Power = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class EngineMember(Record, frozen=True, omit_defaults=True):
    """One log key; `id` is its thumbprint under the profile's hash. `consensus` only in a consortium."""

    id: Annotated[Thumbprint, says("Thumbprint", "指纹")]
    owner: Annotated[OrganisationId, says("Owner", "责任方")]
    key: Annotated[Base64, says("COSE key", "COSE 公钥")]
    power: Annotated[Power, says("Power", "表决权重")]
    consensus: Annotated[Base64 | None, says("Consensus key", "共识公钥")] = None


@app.record(("Engine members", "共识成员"))
class EngineMembers(Record, frozen=True):
    """The members from `from_height` on, and those of the heights before it."""

    id: Annotated[Literal["engine"], says("Id", "编号")]
    members: Annotated[tuple[EngineMember, ...], says("Members", "成员")]
    from_height: Annotated[Count, says("From height", "生效高度")]
    before: Annotated[tuple[EngineMember, ...], says("Members before", "此前成员")] = ()


@app.record(("Restore notice", "恢复公告"), indexed=("owner", "recorded"), parties=("owner",))
class RestoreNotice(Record, frozen=True):
    """A node went on from a backup of that height, with nobody to ask for what came after."""

    id: Annotated[Slug, says("Id", "编号")]
    owner: Annotated[OrganisationId, says("Operator", "运营方")]
    log_key: Annotated[Thumbprint, says("Log key", "日志密钥")]
    backup_height: Annotated[Count, says("Height of the backup", "备份高度")]
    recorded: Annotated[Instant, says("Recorded", "记录时间")]


class NewMember(Record, frozen=True):
    owner: Annotated[OrganisationId, says("Owner", "责任方")]
    key: Annotated[Base64, says("COSE key", "COSE 公钥")]
    power: Annotated[Power, says("Power", "表决权重")] = 1
    consensus: Annotated[Base64 | None, says("Consensus key", "共识公钥")] = None


class SetEngineMembers(Record, frozen=True):
    id: Annotated[Literal["engine"], says("Id", "编号")]
    members: Annotated[
        tuple[NewMember, ...], msgspec.Meta(min_length=1, max_length=50), says("Members", "成员")
    ]
    from_height: Annotated[Count, says("From height", "生效高度")]


class RecordRestore(Record, frozen=True):
    id: Annotated[Slug, says("Id", "编号")]
    log_key: Annotated[Thumbprint, says("Log key", "日志密钥")]
    backup_height: Annotated[Count, says("Height of the backup", "备份高度")]


def engine_member(
    ctx: Context, owner: str, key: str, power: int, consensus: str | None = None
) -> EngineMember:
    """The member with this log key; refuses keys of another suite."""
    log_key = public_key(from_base64(key))
    require(log_key.suite is ED25519, BAD_LOG_KEY, owner=owner)
    id = log_key.thumbprint(profile_named(ctx.profile)).hex()
    if consensus is not None:
        voting = public_key(from_base64(consensus))
        require(voting.suite is ED25519, NOT_A_CONSENSUS_KEY, owner=owner)
        consensus = to_base64(voting.cose())
    return EngineMember(id=id, owner=owner, key=to_base64(log_key.cose()), power=power, consensus=consensus)


def engine_members(reader: Reader) -> tuple[EngineMember, ...]:
    """The members at the reader's height."""
    return members_at(_record(reader), reader.height)


def members_at(record: EngineMembers, height: int) -> tuple[EngineMember, ...]:
    """The members at a height, by the version of the record that was current at it."""
    return record.members if height >= record.from_height else record.before


@app.action(
    ("Set the engine's members", "设定共识成员"), about=EngineMembers, by=COLLECTIVE,
    says=(
        "By resolution of the founders, from height {from_height} on other members order the ledger and sign"
        " its checkpoints.",
        "经发起方决议，自高度 {from_height} 起，由新的成员为账本排序并签署检查点。",
    ),
)  # fmt: skip
def set_engine_members(ctx: Context, change: SetEngineMembers) -> None:
    """Admit, rotate, re-weight or remove those who order blocks, from a height in the future on; from the
    next one for `from_height` 0."""
    require(not change.from_height or change.from_height > ctx.height, HEIGHT_PASSED, height=ctx.height)
    from_height = change.from_height or ctx.height + 1
    members = tuple(
        engine_member(ctx, new.owner, new.key, new.power, new.consensus) for new in change.members
    )
    present = _record(ctx)
    before = members_at(present, ctx.height)
    _check_members(ctx, members)
    _check_votes(ctx, members, before)
    put_off = present.from_height > ctx.height and present.from_height != from_height
    require(members != present.members or put_off, NOTHING_CHANGES)
    ctx.put(EngineMembers(id=ENGINE, members=members, from_height=from_height, before=before))


def _check_members(ctx: Context, members: tuple[EngineMember, ...]) -> None:
    """Refuse owners that are no members, and log keys that serve something else or twice."""
    organisations = ctx.supplied(Founders)
    seen = set()
    for member in members:
        require(organisations.in_good_standing(member.owner), NO_SUCH_MEMBER, owner=member.owner)
        require(not organisations.signs(member.id), BAD_LOG_KEY, owner=member.owner)
        require(member.id not in seen, DUPLICATE_LOG_KEY, key=member.id)
        seen.add(member.id)


def _check_votes(ctx: Context, members: tuple[EngineMember, ...], before: tuple[EngineMember, ...]) -> None:
    """Refuse consensus keys that serve something else or twice, and a change after which the consortium
    could stand still: keys that vote already must hold more than two thirds of the power."""
    organisations = ctx.supplied(Founders)
    voting = {member.consensus for member in before}
    others = {member.key for member in (*before, *members)}
    seen: set[str] = set()
    for member in members:
        key, owner = member.consensus, member.owner
        require((key is None) == (voting == {None}), NOT_A_CONSENSUS_KEY, owner=owner)
        if key is not None:
            id = public_key(from_base64(key)).thumbprint(profile_named(ctx.profile)).hex()
            require(key not in others and not organisations.signs(id), NOT_A_CONSENSUS_KEY, owner=owner)
            require(key not in seen, DUPLICATE_CONSENSUS_KEY, owner=owner)
            seen.add(key)
    power = sum(member.power for member in members)
    kept = sum(member.power for member in members if member.consensus in voting)
    require(3 * kept > 2 * power, TOO_MUCH_AT_ONCE, power=power, kept=kept)


@app.action(
    ("Record a restore", "记录节点恢复"), about=RestoreNotice, by=MEMBER,
    says=(
        "{author} gave notice that its node was restored from a backup of height {backup_height}; what it had"
        " accepted after that height may be missing.",
        "{author} 公告其节点已从高度 {backup_height} 的备份恢复；该高度之后接受的内容可能缺失。",
    ),
)  # fmt: skip
def record_restore(ctx: Context, notice: RecordRestore) -> None:
    """Put on record that a node which orders blocks went on from a backup."""
    require(ctx.get(RestoreNotice, notice.id) is None, TAKEN, id=notice.id)
    owner = next((m.owner for m in engine_members(ctx) if m.id == notice.log_key), None)
    allowed = owner is not None and ctx.acts_for(owner)
    require(allowed, NOT_ITS_LOG_KEY, author=ctx.author, key=notice.log_key)
    require(notice.backup_height <= ctx.height, RESTORED_AHEAD, height=ctx.height)
    ctx.put(
        RestoreNotice(
            id=notice.id, owner=ctx.author, log_key=notice.log_key, backup_height=notice.backup_height,
            recorded=ctx.time,
        )
    )  # fmt: skip


def _record(reader: Reader) -> EngineMembers:
    found = reader.get(EngineMembers, ENGINE)
    if found is None:
        raise Fault("the ledger has no engine members: its genesis was not built")
    return found
