"""A proven story in sentences, English or Chinese, from what the applications declare.

Nothing here judges: `sdk.verify` has proven what is said, and each sentence is an action's own `says`.
Texts come from others, so characters that could steer a terminal never reach it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from dongting.appkit.app import Action, App, RecordType
from dongting.appkit.fields import amount, extras
from dongting.appkit.shapes import structs_in
from dongting.errors import Language
from dongting.sdk.story import Event, FileCheck, Key, RecordNow, Story

_GLIMPSE = 400  # bytes shown of a content that no application describes
_SHORT = 16  # digits shown of a hash: enough to compare by eye
#: Control characters and those that reorder text (Unicode Standard Annex 9, explicit formatting).
_STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_HASHES = {"commitment", "part", "digest", "thumbprint"}


class Teller:
    """Tells one story in one language."""

    def __init__(self, story: Story, language: Language, apps: Iterable[App]) -> None:
        self._story = story
        self._language = language
        apps = list(apps)
        self._actions: dict[str, Action] = {n: a for app in apps for n, a in app.actions.items()}
        self._types: dict[str, RecordType] = {t.name: t for app in apps for t in app.records.values()}
        self._told: set[str] = set()

    def lines(self) -> list[str]:
        """The whole story, without files and verdict."""
        told = [*self._where(), "", self._say("What happened", "经过")]
        for number, event in enumerate(self._story.events, 1):
            told += self._event(number, event)
        told += ["", self._say("How it stands", "现状"), *self.standing()]
        told += ["", self._say("Signing keys", "签名密钥")]
        told += [f"  {self.key(key)}" for key in self._story.keys.values()]
        return [harmless(line) for line in told]

    def file(self, name: str, check: FileCheck) -> list[str]:
        """What a file compared with the story is."""
        if not check.commitments:
            return [harmless(self._stranger(name, check))]
        told = []
        for commitment in check.commitments:
            events = [event for event in self._story.events if commitment.encode() in event.statement]
            places = self._list(str(event.index) for event in events)
            told.append(
                self._say(
                    f"{name} is, byte for byte, the content committed to as {_short(commitment)} "
                    f"(log entries {places}).",
                    f"{name} 与承诺值 {_short(commitment)} 所指内容逐字节一致（日志第 {places} 条）。",
                )
            )
        return [harmless(line) for line in told]

    def proven(self) -> str:
        """The last line of a story that is proven."""
        events = self._story.events
        authors = len({event.author for event in events})
        told = self._say(
            f"PROVEN: {_count(len(events), 'signed statement')} of {_count(authors, 'organisation')} and the "
            f"present state of {_count(len(self._story.records), 'record')}, unchanged, in this order and at "
            "these times.",
            f"已证明：{authors} 个组织的 {len(events)} 条签名声明和 {len(self._story.records)} 条记录的现状，"
            "内容未经改动，顺序与时间如上。",
        )
        return told + self._unshown()

    def unproven(self, why: str) -> str:
        """The last line when something is not proven."""
        return harmless(self._say(f"NOT PROVEN: {why}", f"未能证明：{why}"))

    def uncompared(self) -> str:
        """Why a file that is valid in itself proves nothing yet."""
        return self.unproven(
            self._say(
                "the file is valid in itself, but anyone can found a network. If "
                f"{self._story.network} is the id of the network that you trust, say so with --network.",
                f"文件自身有效，但任何人都可以创建网络。若 {self._story.network} 确为您信任的网络标识，"
                "请用 --network 指明。",
            )
        )

    # Parts of the story

    def _where(self) -> list[str]:
        story = self._story
        signers = self._list(self.name(owner) for owner in story.signers) or "—"
        when = self.moment(story.time)
        told = [
            self._say(f"Network: {self.text(story.title)}", f"网络：{self.text(story.title)}"),
            self._say(f"  id {story.network}", f"  标识 {story.network}"),
            self._say(
                f"Log: {story.origin}, {story.size} entries, {story.height} blocks, as of {when}",
                f"日志：{story.origin}，共 {story.size} 条、{story.height} 个区块，截至 {when}",
            ),
            self._say(f"  checkpoint signed by {signers}", f"  检查点由 {signers} 签署"),
        ]
        if (by := story.decided) is not None:
            told.append(
                self._say(
                    f"  decided by validators with {by.power} of {by.of} votes (their set: {by.validators})",
                    f"  由持有 {by.power}/{by.of} 票的验证者决定（其集合：{by.validators}）",
                )
            )
        for witness in story.witnesses:
            when = self.moment(witness.time)
            told.append(
                self._say(f"  cosigned by {witness.name}, {when}", f"  {witness.name} 于 {when} 联署")
            )
        told.append(self._say(f"Times: UTC{story.zone}", f"时区：UTC{story.zone}"))
        return told

    def _event(self, number: int, event: Event) -> list[str]:
        key = self._story.keys[event.key]
        told = [f"{number:>3}. {self.moment(event.time)}  {self.sentence(event)}"]
        told.append(
            self._say(
                f"     signed with key {_short(event.key)} ({key.suite}); log entry {event.index}, block "
                f"{event.height}",
                f"     签名密钥 {_short(event.key)}（{key.suite}）；"
                f"日志第 {event.index} 条，区块 {event.height}",
            )
        )
        told += [f"     {line}" for line in self.parts(event)]
        return told

    def parts(self, event: Event) -> list[str]:
        """What is known behind the commitments of a statement; inner lines are indented by two."""
        told: list[str] = []
        action = self._action(event)
        if action is not None:
            for label, commitment, content in _commitments(action.arguments, event.arguments, self._language):
                told += self._part(label, commitment, content)
                told += self._differences(event, action, commitment, content)
        return told

    def _differences(
        self, event: Event, action: Action, commitment: str, content: type[msgspec.Struct] | None
    ) -> Iterator[str]:
        """Moments of an opened part that are not the public ones of its statement, such as a term's end.

        The ledger cannot read a part, so it never compared them.
        """
        body = self._decoded(commitment)
        if content is None or not _fits(body, content):
            return
        for field in msgspec.structs.fields(action.arguments):
            inside, outside = body.get(field.encode_name), event.arguments.get(field.encode_name)
            instant = any(extra.get("kind") == "instant" for extra in extras(field.type))
            if instant and inside is not None and inside != outside:
                label = _label(field.type, self._language)
                within, public = self._value(field.type, inside), self._value(field.type, outside)
                yield self._say(
                    f"! {label}: the part says {within}, the statement {public}",
                    f"！{label}：该部分为 {within}，声明为 {public}",
                )

    def _decoded(self, commitment: str) -> Any:
        opening = self._story.openings.get(commitment)
        try:
            return msgspec.json.decode(opening.content) if opening and opening.content else None
        except msgspec.MsgspecError:
            return None

    def _action(self, event: Event) -> Action | None:
        """The declared action of a statement; None where it is not installed here, or reads otherwise."""
        action = self._actions.get(event.action)
        return action if action is not None and _fits(event.arguments, action.arguments) else None

    def sentence(self, event: Event) -> str:
        """What a statement says, in its application's words."""
        action = self._action(event)
        author = self.name(event.author)
        if action is None:
            return self._say(
                f"{author} signed {event.action} about {event.subject} (no application here knows it).",
                f"{author} 就 {event.subject} 签署了 {event.action}（此处安装的应用不识别该操作）。",
            )
        kinds = {f.encode_name: f.type for f in msgspec.structs.fields(action.arguments)}
        values = {name: self._value(kinds.get(name), event.arguments.get(name)) for name in kinds}
        told = action.says.best(self._language).format(**{**values, "author": author})
        return told.replace("） ", "）")

    def _part(self, label: str, commitment: str, content: type[msgspec.Struct] | None) -> Iterator[str]:
        """What is known behind one commitment; a content is spelled out once."""
        head = f"{label} {_short(commitment)}"
        openness = self._story.openness(commitment)
        if openness == "erased":
            yield self._say(f"{head}: the content was erased, on record", f"{head}：内容已删除，删除记录在案")
        elif openness == "withheld":
            yield self._say(f"{head}: not opened in this file", f"{head}：本文件未予开启")
        else:
            opening = self._story.openings[commitment]
            digest = _short(opening.digest)
            yield self._say(f"{head}: opened, digest {digest}", f"{head}：已开启，摘要 {digest}")
            if commitment in self._story.erased:
                yield self._say("  on record as erased", "  已登记删除")
            if opening.content is not None and commitment not in self._told:
                self._told.add(commitment)
                value = self._decoded(commitment)
                if content is not None and _fits(value, content):
                    yield from (f"  {line}" for line in self._fields(content, value))
                else:
                    yield f"  {opening.content[:_GLIMPSE].decode('utf-8', 'replace')}"

    def _fields(self, struct: type[msgspec.Struct], body: Mapping[str, Any]) -> Iterator[str]:
        for field in msgspec.structs.fields(struct):
            value = body.get(field.encode_name, field.default)
            label = _label(field.type, self._language)
            if label and value not in (None, "", [], (), msgspec.NODEFAULT):
                yield f"{label}{self._say(': ', '：')}{self._value(field.type, value)}"

    def standing(self) -> Iterator[str]:
        """The records that have states, as they stand; and those asked for that do not exist."""
        for record in self._story.records:
            declared = self._types.get(record.type)
            if record.body is None:
                yield self._say(f"  There is no {record.address}.", f"  不存在 {record.address}。")
            elif declared is not None and _fits(record.body, declared.struct):
                yield from self._record(declared, record, record.body)

    def _record(self, declared: RecordType, record: RecordNow, body: Mapping[str, Any]) -> Iterator[str]:
        flow = declared.workflow
        if flow is None:
            return
        state = flow.states.get(body[flow.field])
        named = body[flow.field] if state is None else self._say(state.en, state.zh)
        title, id = declared.title.best(self._language), record.address.partition("/")[2]
        yield self._say(
            f"  {title} {id}: {named} (version {record.version})",
            f"  {title} {id}：{named}（第 {record.version} 版）",
        )
        moments = []
        for field in msgspec.structs.fields(declared.struct):
            value = body.get(field.encode_name)
            instant = any(extra.get("kind") == "instant" for extra in extras(field.type))
            if instant and value is not None:
                label = _label(field.type, self._language)
                moments.append(f"{label} {self.moment(value)}")
        if moments:
            yield f"    {self._list(moments)}"

    def key(self, key: Key) -> str:
        """A signing key: whose, since when, until when."""
        owner = self.name(key.owner)
        since = self._say("from the genesis document", "见于创世文件")
        if key.registered is not None:
            since = self._say(
                f"registered by log entry {key.registered}", f"由日志第 {key.registered} 条登记"
            )
        told = self._say(
            f"{_short(key.thumbprint)} ({key.suite}) of {owner}, {since}",
            f"{_short(key.thumbprint)}（{key.suite}），{owner} 所有，{since}",
        )
        if key.revoked is None:
            return told
        when = self.moment(key.revoked)
        return told + self._say(
            f"; revoked {when} ({key.reason}), what it signed before stands",
            f"；已于 {when} 撤销（{key.reason}），此前的签名依然有效",
        )

    def _stranger(self, name: str, check: FileCheck) -> str:
        opened = any(o.content is None for o in self._story.openings.values())
        if opened or not self._story.erased:
            return self._say(
                f"{name} (digest {_short(check.digest)}) is not a content that this proof file opens.",
                f"{name}（摘要 {_short(check.digest)}）不是本证明文件所开启的内容。",
            )
        return self._say(
            f"{name} cannot be compared: the content was erased and the file does not open its commitment.",
            f"无法比对 {name}：内容已删除，文件未开启其承诺值。",
        )

    def _unshown(self) -> str:
        """What the verdict adds when contents are not shown."""
        closed: dict[str, set[str]] = {"erased": set(), "withheld": set()}
        for event in self._story.events:
            action = self._action(event)
            if action is not None:
                for _, commitment, _ in _commitments(action.arguments, event.arguments, self._language):
                    closed.get(self._story.openness(commitment), set()).add(commitment)
        told = ""
        if closed["erased"]:
            n = len(closed["erased"])
            told += self._say(
                f" Erased on record: {_count(n, 'content')}; that they were committed to stays proven.",
                f"有 {n} 项内容已删除且记录在案，其承诺仍然得证。",
            )
        if closed["withheld"]:
            n = len(closed["withheld"])
            told += self._say(
                f" Not opened in this file: {_count(n, 'part')}; that they were committed to is proven.",
                f"有 {n} 个部分未在本文件中开启，其承诺已得证。",
            )
        return told

    # Values

    def _value(self, annotation: Any, value: Any) -> str:
        """One value as its field kind wants it to be read."""
        if value is None:
            return "—"
        said = list(extras(annotation))
        kinds = {extra["kind"] for extra in said if "kind" in extra}
        names = next((extra["names"] for extra in said if "names" in extra), None)
        if isinstance(value, list | tuple):
            return self._list(self._value(annotation, item) for item in value)
        if names is not None and value in names:
            return self.text(names[value])
        if kinds & {"organisation", "organisations"}:
            return self.name(value)
        if "instant" in kinds and isinstance(value, int):
            return self.moment(value)
        if kinds & _HASHES and isinstance(value, str):
            return _short(value)
        if isinstance(value, dict):
            return self._compound(annotation, value)
        return str(value)

    def _compound(self, annotation: Any, value: Mapping[str, Any]) -> str:
        if set(value) <= {"zh", "en"}:
            return self.text(value)
        if set(value) == {"minor", "currency"}:
            return amount(value["minor"], value["currency"])
        struct = next(iter(structs_in(annotation)), None)
        if struct is not None:
            return "; ".join(self._fields(struct, value))
        return msgspec.json.encode(value).decode()

    def _say(self, en: str, zh: str) -> str:
        return zh if self._language == "zh" else en

    def _list(self, items: Iterable[str]) -> str:
        return self._say(", ", "、").join(items)

    def text(self, text: Any) -> str:
        """A text in one or two languages, from JSON or from a declaration, in the reader's if it can be."""
        pair = text if isinstance(text, Mapping) else msgspec.structs.asdict(text)
        order: Sequence[str] = ("zh", "en") if self._language == "zh" else ("en", "zh")
        return next((str(pair[key]) for key in order if pair.get(key)), "")

    def name(self, id: str) -> str:
        """An organisation's name with its id."""
        name = self.text(self._story.names.get(id, {}))
        if not name or name == id:
            return id
        return self._say(f"{name} ({id})", f"{name}（{id}）")

    def moment(self, seconds: int) -> str:
        """Local time in the network's zone."""
        sign = -1 if self._story.zone[0] == "-" else 1
        hours, minutes = self._story.zone[1:].split(":")
        shift = sign * timedelta(hours=int(hours), minutes=int(minutes))
        try:
            local = datetime.fromtimestamp(seconds, UTC) + shift
        except (OverflowError, ValueError, OSError):
            return str(seconds)
        return local.strftime("%Y-%m-%d %H:%M:%S")


def _commitments(
    struct: type[msgspec.Struct], body: Mapping[str, Any], language: Language
) -> Iterator[tuple[str, str, type[msgspec.Struct] | None]]:
    """The commitments among arguments: label, commitment, and the declared content if it is a part."""
    for field in msgspec.structs.fields(struct):
        value = body.get(field.encode_name)
        said = list(extras(field.type))
        if isinstance(value, dict):
            for inner in structs_in(field.type):
                yield from _commitments(inner, value, language)
        elif isinstance(value, str) and any(extra.get("kind") in ("part", "commitment") for extra in said):
            content = next((extra["content"] for extra in said if "content" in extra), None)
            yield _label(field.type, language) or field.encode_name, value, content


def _fits(value: Any, struct: type[msgspec.Struct]) -> bool:
    """Whether a value has the declared shape, so that its sentence can be relied upon."""
    try:
        msgspec.convert(value, struct)
    except msgspec.ValidationError:
        return False
    return True


def _label(annotation: Any, language: Language) -> str:
    label: Mapping[str, str] = next((e["label"] for e in extras(annotation) if "label" in e), {})
    return str(label.get(language, ""))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _short(hexadecimal: str) -> str:
    return f"{hexadecimal[:_SHORT]}…"


def harmless(text: str) -> str:
    """The text without characters that move the cursor or turn the reading order; lines stay indented."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", text).replace("\n", "\n       ")
