"""Descriptions, policies and column schemas as others read them: DCAT 3 and ODRL 2.2 by rdflib and pySHACL,
Table Schema 2.0 by frictionless. Nothing is fetched: contexts and shapes lie beside this file."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pyshacl import validate
from rdflib import RDF, Graph, Literal, Namespace, URIRef
from rdflib.compare import graph_diff, to_isomorphic

from dongting.standards import table_schema
from dongting.standards.dcat import (
    Agent,
    Catalogue,
    Checksum,
    Dataset,
    Distribution,
    Identifier,
    Words,
    catalogue_document,
    dataset_document,
    to_turtle,
)
from dongting.standards.odrl import Price, Terms, to_odrl
from dongting.standards.odrl import Words as Said

# rdflib's own reader of JSON-LD still uses a class that rdflib deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

SHAPES = Path(__file__).parent / "shapes"
BASE = "https://hunan.example"
DCAT, ODRL = Namespace("http://www.w3.org/ns/dcat#"), Namespace("http://www.w3.org/ns/odrl/2/")
DCTERMS = Namespace("http://purl.org/dc/terms/")
BUREAU = Agent(f"{BASE}/o/env-bureau", Words(zh="生态环境局", en="Environment bureau"))
AIR = Dataset(
    uri=f"{BASE}/d/air",
    identifier="air",
    title=Words(zh="空气质量“监测”", en='Air "quality"\\'),
    description=Words(zh="逐小时\n监测\t\x7f", en="Hourly readings"),
    publisher=BUREAU,
    themes=("http://publications.europa.eu/resource/authority/data-theme/ENVI",),
    keywords=(Words(zh="细颗粒物", en="PM2.5"), Words(zh="𝒳")),
    issued=1_800_000_000,
    modified=1_800_000_060,
    version="2",
    frequency="HOURLY",
    region="430100",
    start=1_262_304_000,
    end=1_420_070_400,
    other_identifiers=(Identifier("国家政务数据共享平台", "307010/42"), Identifier("local", "a'b")),
    policy=f"{BASE}/p/1",
    access_rights="RESTRICTED",
    landing_page=f"{BASE}/d/air/page",
    distributions=(
        Distribution(
            uri=f"{BASE}/d/air/2",
            access_url=f"{BASE}/d/air",
            title=Words(en="CSV"),
            download_url=f"{BASE}/files/2?name=a%20b",
            media_type="text/csv",
            byte_size=5_000_000_000,
            checksum=Checksum("sha256", "ab" * 32),
            conforms_to=f"{BASE}/d/air/schema",
            issued=1_800_000_000,
        ),
    ),
)
PLAIN = Dataset(
    uri=f"{BASE}/d/plain", identifier="plain", title=Words(en="Plain"), description=Words(en="Plain")
)
CATALOGUE = Catalogue(
    uri=f"{BASE}/catalogue",
    title=Words(zh="目录", en="Catalogue"),
    description=Words(en="What is offered"),
    publisher=BUREAU,
    modified=1_800_000_100,
    datasets=(AIR, PLAIN),
)
DOCUMENTS = {
    "dataset": dataset_document(AIR),
    "plain": dataset_document(PLAIN),
    "catalogue": catalogue_document(CATALOGUE),
}
TERMS = Terms(
    purpose=Said(zh="空气质量预报", en="Air-quality forecast"),
    legal_basis=Said(zh="《政务数据共享条例》第十二条"),
    recipients=(f"{BASE}/o/lab", f"{BASE}/o/park"),
    count=1000,
    region="430000",
    start=1_800_000_000,
    end=1_831_536_000,
    onward="within-organisation",
    destroy_within_days=30,
    conditions=Said(zh="注明出处", en="Name the source"),
    price=Price(123_405),
)


def from_json(document: Any) -> Graph:
    return Graph().parse(data=json.dumps(document), format="json-ld")


def conforms(graph: Graph, shapes: str) -> tuple[bool, str]:
    verdict, _, text = validate(graph, shacl_graph=Graph().parse(SHAPES / shapes), advanced=False)
    return verdict, text


@pytest.mark.parametrize("name", DOCUMENTS)
def test_json_ld_and_turtle_say_the_same(name: str) -> None:
    document = DOCUMENTS[name]
    written = Graph().parse(data=to_turtle(document), format="turtle")
    _, only_json, only_turtle = graph_diff(to_isomorphic(from_json(document)), to_isomorphic(written))
    assert (set(only_json), set(only_turtle)) == (set(), set())
    assert len(written) > 3


def test_what_was_said_is_what_others_read() -> None:
    graph, air = from_json(DOCUMENTS["catalogue"]), URIRef(AIR.uri)
    assert (URIRef(CATALOGUE.uri), DCAT.dataset, air) in graph
    assert set(graph.objects(air, DCTERMS.title)) == {
        Literal("空气质量“监测”", lang="zh"),
        Literal('Air "quality"\\', lang="en"),
    }
    [moment] = graph.objects(air, DCTERMS.issued)
    assert moment.toPython().timestamp() == AIR.issued
    [size] = graph.objects(URIRef(AIR.distributions[0].uri), DCAT.byteSize)
    assert size.toPython() == 5_000_000_000


def test_the_catalogue_satisfies_the_profile() -> None:
    verdict, text = conforms(from_json(DOCUMENTS["catalogue"]), "dcat-ap.ttl")
    assert verdict, text


SPOILED: dict[str, Callable[[Any], Any]] = {
    "no publisher": lambda catalogue: catalogue.pop("dcterms:publisher"),
    "no description": lambda catalogue: catalogue["dcat:dataset"][1].pop("dcterms:description"),
    "a moment that is text": lambda catalogue: catalogue.update({"dcterms:modified": "yesterday"}),
    "a size that is text": lambda catalogue: _file(catalogue).update({"dcat:byteSize": "many"}),
    "a file without address": lambda catalogue: _file(catalogue).pop("dcat:accessURL"),
    "a checksum of no algorithm": lambda catalogue: _file(catalogue)["spdx:checksum"].pop("spdx:algorithm"),
}


def _file(catalogue: Any) -> Any:
    return catalogue["dcat:dataset"][0]["dcat:distribution"][0]


@pytest.mark.parametrize("spoiled", SPOILED)
def test_the_shapes_notice(spoiled: str) -> None:
    catalogue = copy.deepcopy(DOCUMENTS["catalogue"])
    SPOILED[spoiled](catalogue)
    assert not conforms(from_json(catalogue), "dcat-ap.ttl")[0]


def policy(onward: Any = "within-organisation") -> dict[str, Any]:
    """A policy whose outside context is replaced by the local copy of what is used of it."""
    asked = msgspec.structs.replace(TERMS, onward=onward)
    bureau, company = f"{BASE}/o/env-bureau", f"{BASE}/o/green-tech"
    document = to_odrl(asked, f"{BASE}/p/1", bureau, company, AIR.uri, timestamp=1_800_000_000)
    remote, own = document["@context"]
    assert remote == "http://www.w3.org/ns/odrl.jsonld"
    local = json.loads((SHAPES / "odrl-context.json").read_text())["@context"]
    return {**document, "@context": [local, own]}


@pytest.mark.parametrize("onward", ["none", "within-organisation", "allowed"])
def test_an_agreement_satisfies_the_model(onward: str) -> None:
    verdict, text = conforms(from_json(policy(onward)), "odrl.ttl")
    assert verdict, text


def test_an_agreement_is_read_in_the_words_of_odrl() -> None:
    graph, uid = from_json(policy()), URIRef(f"{BASE}/p/1")
    assert (uid, RDF.type, ODRL.Agreement) in graph
    assert (uid, ODRL.target, URIRef(AIR.uri)) in graph
    operands = set(graph.objects(None, ODRL.leftOperand))
    assert operands == {
        ODRL[name]
        for name in (
            "purpose",
            "recipient",
            "count",
            "spatial",
            "dateTime",
            "payAmount",
            "event",
            "elapsedTime",
        )
    }
    [limit] = graph.subjects(ODRL.leftOperand, ODRL["count"])
    assert [each.toPython() for each in graph.objects(limit, ODRL.rightOperand)] == [1000]
    [paid] = graph.subjects(ODRL.leftOperand, ODRL.payAmount)
    assert [str(each.toPython()) for each in graph.objects(paid, ODRL.rightOperand)] == ["1234.05"]


def test_no_member_of_a_policy_is_lost_to_readers() -> None:
    # A term without a definition would be dropped in silence: every member has to become a statement.
    def members(value: Any) -> int:
        if isinstance(value, list):
            return sum(members(each) for each in value)
        if not isinstance(value, dict) or "@value" in value:
            return 0
        return sum(
            (len(inner) if isinstance(inner, list) else 1) + members(inner)
            for name, inner in value.items()
            if name not in ("@context", "@id")
        )

    document = policy()
    assert len(from_json(document)) == members(document)


def test_the_shapes_notice_a_rule_without_action() -> None:
    document = policy()
    del document["permission"][0]["action"]
    assert not conforms(from_json(document), "odrl.ttl")[0]


def test_a_policy_inside_a_description_is_read_with_it() -> None:
    described = Dataset(uri=AIR.uri, identifier="air", title=AIR.title, policy=policy())
    graph = from_json(dataset_document(described))
    assert (URIRef(AIR.uri), ODRL.hasPolicy, URIRef(f"{BASE}/p/1")) in graph
    assert (URIRef(f"{BASE}/p/1"), RDF.type, ODRL.Agreement) in graph


TABLE = """时间,站点,pm25,有效,rate,日期,weekday,旧日期,code,stamp
2026-01-01T00:00:00Z,朝阳,35,true,0.5,2026-01-01,2026/1/3,2026年1月3日,0430,2026-01-01 00:00:00
2026-01-01T01:00:00Z,"海,淀",NA,false,-1.25,2026-12-31,2026/12/31,2026年12月31日,0431,2026-01-01 23:59:59
2026-01-01T02:00:00Z,"引""号",-7,TRUE,2e3,2024-02-29,2024/02/29,2024年2月29日,7,2026-02-28 12:00:00
"""


def frictionless(tmp_path: Path, table: bytes, schema: table_schema.Schema) -> Any:
    """The report of `frictionless validate`, in a process of its own."""
    (tmp_path / "table.csv").write_bytes(table)
    (tmp_path / "schema.json").write_bytes(table_schema.encode(schema))
    command = [sys.executable, "-W", "ignore", "-m", "frictionless", "validate", "table.csv"]
    done = subprocess.run(
        [*command, "--schema", "schema.json", "--json"], cwd=tmp_path, capture_output=True, timeout=120
    )
    return json.loads(done.stdout)


def test_an_inferred_schema_fits_its_table_elsewhere(tmp_path: Path) -> None:
    found = table_schema.infer(TABLE.splitlines(keepends=True))
    assert [(field.name, field.type) for field in found.schema.fields] == [
        ("时间", "datetime"),
        ("站点", "string"),
        ("pm25", "integer"),
        ("有效", "boolean"),
        ("rate", "number"),
        ("日期", "date"),
        ("weekday", "date"),
        ("旧日期", "date"),
        ("code", "string"),
        ("stamp", "datetime"),
    ]
    report = frictionless(tmp_path, TABLE.encode(), found.schema)
    assert report["valid"], report
    assert report["tasks"][0]["stats"]["rows"] == found.quality.rows == 3


def test_a_wrong_schema_is_noticed_elsewhere(tmp_path: Path) -> None:
    found = table_schema.infer(TABLE.splitlines(keepends=True))
    wrong = table_schema.correct(found.schema, [table_schema.Correction(name="站点", type="integer")])
    report = frictionless(tmp_path, TABLE.encode(), wrong)
    assert not report["valid"]
    assert {error["type"] for error in report["tasks"][0]["errors"]} == {"type-error"}
