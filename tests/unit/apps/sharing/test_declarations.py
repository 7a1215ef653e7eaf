"""What the declarations promise: the protocol's states, no free text, sentences, terms that agree."""

from collections.abc import Iterator
from string import Formatter
from typing import Any

import msgspec
import pytest

from dongting.appkit.app import Action, App, RecordType
from dongting.appkit.workflow import Workflow
from dongting.apps import catalogue, evidence, sharing
from dongting.apps.sharing import records
from dongting.apps.sharing.codes import TERMS_DIFFER
from dongting.apps.sharing.terms import Terms, check_terms
from dongting.errors import Refused
from dongting.kernel.codes import MALFORMED_ARGUMENTS
from dongting.standards import dsp
from dongting.standards.odrl import BAD_TERMS, Words
from dongting.testing import Ledger

APPS = (catalogue.app, sharing.app, evidence.app)
ACTIONS = [action for app in APPS for action in app.actions.values()]
NAMES = [action.name for action in ACTIONS]

#: Kinds that cannot carry a word of one party to the other.
WORDLESS = {
    "slug", "organisation", "commitment", "digest", "instant", "count", "state", "choice", "reference",
    "media-type",
}  # fmt: skip


def reachable(machine: dsp.Machine, start: str) -> set[str]:
    found = {start}
    while True:
        more = {move.end for move in machine.transitions if move.start in found} - found
        if not more:
            return found
        found |= more


@pytest.mark.parametrize(
    ("workflow", "machine", "states"),
    [
        (records.NEGOTIATION, dsp.NEGOTIATION, dsp.NEGOTIATION_STATES),
        (records.TRANSFER, dsp.TRANSFER, dsp.TRANSFER_STATES),
    ],
)
def test_states_and_moves_are_those_of_the_dataspace_protocol(
    workflow: Workflow, machine: dsp.Machine, states: tuple[str, ...]
) -> None:
    assert set(workflow.states) == set(states)
    assert {name for name, state in workflow.states.items() if state.final} == machine.terminal
    for action, (sources, target) in workflow.moves.items():
        for source in sources:
            assert target in reachable(machine, source), f"{action} leaves the protocol's paths"


def fields_of(kind: Any, path: str) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Every leaf of a type, with the extra of all Meta around it."""
    extra: dict[str, Any] = {}
    while isinstance(kind, msgspec.inspect.Metadata):
        extra = {**(kind.extra or {}), **extra}
        kind = kind.type
    if isinstance(kind, msgspec.inspect.UnionType):
        for one in kind.types:
            if not isinstance(one, msgspec.inspect.NoneType):
                for name, leaf, inner in fields_of(one, path):
                    yield name, leaf, {**inner, **extra}
    elif isinstance(kind, msgspec.inspect.StructType):
        for field in kind.fields:
            yield from fields_of(field.type, f"{path}.{field.name}")
    elif isinstance(kind, msgspec.inspect.VarTupleType):
        yield from fields_of(kind.item_type, path)
    else:
        yield path, kind, extra


@pytest.mark.parametrize("app", [sharing.app, evidence.app])
def test_no_record_and_no_argument_between_parties_can_hold_free_text(app: App) -> None:
    structs = [record.struct for record in app.records.values()]
    structs += [action.arguments for action in app.actions.values()]
    for struct in structs:
        for path, _, extra in fields_of(msgspec.inspect.type_info(struct), struct.__name__):
            assert extra.get("kind") in WORDLESS | {"part"}, f"{path} could hold a word: {extra}"


def test_no_record_holds_a_digest_of_plain_content_or_a_salt() -> None:
    digests = set()
    for app in APPS:
        for struct in app.records:
            for path, _, extra in fields_of(msgspec.inspect.type_info(struct), struct.__name__):
                assert "salt" not in path
                if extra.get("kind") == "digest":
                    digests.add(path)
    assert digests == {"DatasetVersion.content.address", "Transfer.address"}, "digests of ciphertext only"


@pytest.mark.parametrize("app", APPS)
def test_every_field_has_a_label_in_both_languages(app: App) -> None:
    structs = [record.struct for record in app.records.values()]
    structs += [action.arguments for action in app.actions.values()]
    for struct in structs:
        info = msgspec.inspect.type_info(struct)
        assert isinstance(info, msgspec.inspect.StructType)
        for field in info.fields:
            kind = field.type
            assert isinstance(kind, msgspec.inspect.Metadata), f"{struct.__name__}.{field.name}"
            label = (kind.extra or {}).get("label")
            assert label, f"{struct.__name__}.{field.name} has no label"
            assert label["en"]
            assert label["zh"]


@pytest.mark.parametrize("action", ACTIONS, ids=NAMES)
def test_every_action_says_in_both_languages_who_did_what_from_its_arguments_alone(action: Action) -> None:
    allowed = set(action.arguments.__struct_fields__) | {"author"}
    for sentence in (action.says.en, action.says.zh):
        assert sentence
        used = {name for _, name, _, _ in Formatter().parse(sentence) if name}
        assert "author" in used
        assert used <= allowed
    assert action.doc
    assert action.title.en
    assert action.title.zh


@pytest.mark.parametrize("action", ACTIONS, ids=NAMES)
@pytest.mark.parametrize("arguments", [{}, {"unknown": 1}, {"id": 7}, {"id": "x", "note": "a word"}])
def test_malformed_arguments_are_refused_by_every_action(action: Action, arguments: dict[str, Any]) -> None:
    ledger = Ledger(supervisor="env-bureau")
    with pytest.raises(Refused) as caught:
        ledger.act("env-bureau", action.name, arguments, subject=f"{action.about.name}/x")
    assert caught.value.code is MALFORMED_ARGUMENTS


@pytest.mark.parametrize("record", [r for app in APPS for r in app.records.values()], ids=lambda r: r.name)
def test_every_action_of_a_workflow_is_declared(record: RecordType) -> None:
    if record.workflow is None:
        return
    app = record.name.split(".")[0]
    for move in record.workflow.moves:
        assert f"{app}/{move}" in NAMES


PURPOSE = Words(en="Research on air quality")


def test_terms_and_statement_name_the_same_period() -> None:
    check_terms(Terms(purpose=PURPOSE, start=10, end=20), 10, 20)
    check_terms(Terms(purpose=PURPOSE), 10, 20)
    for terms in (Terms(purpose=PURPOSE, start=11, end=20), Terms(purpose=PURPOSE, start=10, end=21)):
        with pytest.raises(Refused) as caught:
            check_terms(terms, 10, 20)
        assert caught.value.code is TERMS_DIFFER
        assert caught.value.text("zh")


def test_terms_that_say_nothing_are_refused() -> None:
    with pytest.raises(Refused) as caught:
        check_terms(Terms(purpose=Words()), 10, 20)
    assert caught.value.code is BAD_TERMS
