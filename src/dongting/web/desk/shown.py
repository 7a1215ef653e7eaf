"""Values of records as pages show them: names of organisations, links to records, moments, choices."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from markupsafe import Markup, escape

from dongting.appkit.app import RecordType
from dongting.appkit.fields import Text
from dongting.appkit.shapes import element, fields_of, names_of, shape
from dongting.node.choices import names_of_choice
from dongting.node.drafting import TYPES
from dongting.web import members
from dongting.web.site import Site
from dongting.web.texts import Tongue, lines

DATASET = "catalogue.dataset"
_HASHES = {"commitment", "part", "digest", "thumbprint", "leaf", "base64"}
Fact = tuple[str, Markup]


def where(type: str, id: str) -> str:
    """The page of a record."""
    return f"/records/{type}/{id}"


class _Titled(msgspec.Struct):
    """What is read of a record whose title is wanted; the rest is passed over."""

    title: Text


_TITLED = msgspec.json.Decoder(_Titled)


class Shown:
    """Shows values in one language."""

    def __init__(self, site: Site, tongue: Tongue) -> None:
        self._site = site
        self._t = tongue
        self._datasets: dict[str, Markup | None] = {}
        self._organisations: dict[str, Markup] = {}

    def record(self, declared: RecordType, body: Mapping[str, Any]) -> list[Fact]:
        """Label and value of each field of a record that has one."""
        flow = declared.workflow
        found = []
        for one in fields_of(declared.struct):
            value = body.get(one.encode_name)
            if value in (None, "", [], ()):
                continue
            label = self.label(one.type, one.name)
            if flow is not None and one.name == flow.field:
                found.append((label, self.state(declared, body)))
            else:
                found.append((label, self.value(one.type, value)))
        return found

    def fields(self, struct: type[msgspec.Struct], body: Mapping[str, Any]) -> list[Fact]:
        """The same for a struct within, such as the content of a part."""
        return list(self._fields(struct, body))

    def state(self, declared: RecordType, body: Mapping[str, Any]) -> Markup:
        """The state of a record as a tag; empty where it has none."""
        flow = declared.workflow
        state = flow.states.get(str(body.get(flow.field))) if flow is not None else None
        if state is None:
            return Markup("")
        kind = "" if state.next else " good" if not state.final else ""
        name = self._t.label(Text(en=state.en, zh=state.zh))
        return Markup('<span class="tag%s">%s</span>') % (kind, name)

    def title(self, declared: RecordType, id: str, body: Mapping[str, Any]) -> Markup:
        """What a record is called: its own title or name, else its id."""
        for name in ("title", "name"):
            told = body.get(name)
            if isinstance(told, dict):
                return self._t.words(Text(**told))
        dataset = body.get("dataset")
        if isinstance(dataset, str) and (named := self.dataset(dataset)) is not None:
            return Markup("%s <small>%s</small>") % (named, id)
        return Markup("<bdi>%s</bdi>") % id

    def dataset(self, id: str) -> Markup | None:
        """The title of a dataset; None where there is none of that id."""
        if id not in self._datasets:
            self._look_up([id])
        return self._datasets[id]

    def expect(self, bodies: Iterable[Mapping[str, Any]]) -> None:
        """Look up at once the titles of all datasets that these records name."""
        named = (body.get("dataset") for body in bodies)
        wanted = {id for id in named if isinstance(id, str) and id not in self._datasets}
        if wanted:
            self._look_up(sorted(wanted))

    def _look_up(self, ids: Sequence[str]) -> None:
        rows = self._site.views.get_many(DATASET, ids)
        for id in ids:
            named = _TITLED.decode(rows[id].body).title if id in rows else None
            self._datasets[id] = None if named is None else self._t.words(named)

    def organisation(self, id: str) -> Markup:
        """An organisation by its name, leading to its page."""
        found = self._organisations.get(id)
        if found is None:
            name = self._t.words(self._site.called(id))
            found = self._organisations[id] = Markup('<a href="/organisations/%s">%s</a>') % (id, name)
        return found

    def label(self, annotation: Any, name: str) -> str:
        """What people call a field, beginning a line."""
        en, zh = shape(annotation).label(name)
        return self._t.label(Text(en=en, zh=zh))

    def value(self, annotation: Any, value: Any) -> Markup:
        """One value."""
        found = shape(annotation)
        if isinstance(value, list | tuple):
            return self._list(annotation, value, of_members="organisations" in found.kinds)
        if isinstance(value, dict):
            return self._compound(found.base, value)
        names = names_of_choice(found)
        if value in names:
            en, zh = names[value]
            return escape(self._t.label(Text(en=en, zh=zh)))
        if "organisation" in found.kinds or "organisations" in found.kinds:
            return self.organisation(str(value))
        if found.record == DATASET and (named := self.dataset(str(value))) is not None:
            return Markup('<a href="%s">%s</a>') % (where(DATASET, str(value)), named)
        if found.record in TYPES:
            return Markup('<a href="%s"><bdi>%s</bdi></a>') % (where(found.record, value), value)
        if found.kind == "instant":
            return self._t.moment(value)
        if found.kind == "region":
            return escape(self._t.plain(members.region_name(value)))
        if found.kind in _HASHES:
            return Markup('<code class="hash">%s</code>') % str(value)
        if isinstance(value, bool):
            return escape(self._t.say("Yes") if value else self._t.say("No"))
        if isinstance(value, int):
            return escape(self._t.number(value))
        return Markup("<bdi>%s</bdi>") % lines(str(value))

    def _list(self, annotation: Any, items: Any, *, of_members: bool) -> Markup:
        inner = element(shape(annotation))
        inner = inner if inner is not None else annotation
        if items and isinstance(items[0], dict) and names_of(shape(inner).base) - {"zh", "en"}:
            return self._table(shape(inner).base, items)
        comma = escape("、" if self._t.language == "zh" else ", ")
        if of_members:  # a standard's words; others than members are named as they are
            known = {item for item in items if self._site.called(item) != Text(en=item, zh=item)}
            return comma.join(
                self.organisation(item) if item in known else Markup("<bdi>{}</bdi>").format(item)
                for item in items
            )
        return comma.join(self.value(inner, item) for item in items)

    def _table(self, struct: type[msgspec.Struct], items: Any) -> Markup:
        fields = [one for one in fields_of(struct) if any(item.get(one.encode_name) for item in items)]
        heads = Markup("").join(
            Markup('<th scope="col">{}</th>').format(self.label(one.type, one.name)) for one in fields
        )
        rows = Markup("").join(
            Markup("<tr>{}</tr>").format(
                Markup("").join(
                    Markup("<td>{}</td>").format(
                        self.value(one.type, item[one.encode_name]) if item.get(one.encode_name) else "—"
                    )
                    for one in fields
                )
            )
            for item in items
        )
        return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(heads, rows)

    def _fields(self, struct: type[msgspec.Struct], body: Mapping[str, Any]) -> Iterator[Fact]:
        for one in fields_of(struct):
            value = body.get(one.encode_name)
            if value not in (None, "", [], ()):
                yield self.label(one.type, one.name), self.value(one.type, value)

    def _compound(self, struct: Any, value: Mapping[str, Any]) -> Markup:
        if set(value) <= {"zh", "en"}:
            return self._t.words(Text(**value))
        if set(value) == {"minor", "currency"}:
            return escape(self._t.money(value["minor"], value["currency"]))
        if names_of(struct):
            rows = Markup("").join(
                Markup("<dt>{}</dt><dd>{}</dd>").format(label, shown)
                for label, shown in self._fields(struct, value)
            )
            return Markup('<dl class="inner">{}</dl>').format(rows)
        return Markup("<code>{}</code>").format(msgspec.json.encode(value).decode())
