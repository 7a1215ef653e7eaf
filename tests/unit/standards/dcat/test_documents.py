import json
import re
from typing import Any

import pytest
from msgspec.structs import replace

from dongting.standards.dcat import (
    FREQUENCIES,
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

BASE = "https://hunan.example"
LEAST = Dataset(uri=f"{BASE}/d/least", identifier="least", title=Words(en="Least"))
MOST = Dataset(
    uri=f"{BASE}/d/air",
    identifier="air",
    title=Words(zh="空气质量", en='Air "quality"'),
    description=Words(zh="逐小时\n监测"),
    publisher=Agent(f"{BASE}/o/env-bureau", Words(zh="生态环境局", en="Environment bureau")),
    themes=("http://publications.europa.eu/resource/authority/data-theme/ENVI",),
    keywords=(Words(zh="细颗粒物", en="PM2.5"),),
    issued=1_800_000_000,
    modified=1_800_000_060,
    version="2",
    frequency="HOURLY",
    region="430100",
    start=1_262_304_000,
    end=1_420_070_400,
    other_identifiers=(Identifier("国家政务数据共享平台", "307010/42"),),
    policy=f"{BASE}/p/1",
    access_rights="RESTRICTED",
    landing_page=f"{BASE}/d/air/page",
    distributions=(
        Distribution(
            uri=f"{BASE}/d/air/2",
            access_url=f"{BASE}/d/air",
            download_url=f"{BASE}/files/2",
            media_type="text/csv",
            byte_size=2_000_000,
            checksum=Checksum("sha256", "ab" * 32),
            conforms_to=f"{BASE}/d/air/schema",
        ),
    ),
)


def test_a_dataset_is_described_in_the_words_of_dcat() -> None:
    document = dataset_document(MOST)
    moment = {"@value": "2027-01-15T08:00:00Z", "@type": "xsd:dateTime"}
    assert document["@type"] == "dcat:Dataset"
    assert document["dcterms:title"] == [
        {"@value": "空气质量", "@language": "zh"},
        {"@value": 'Air "quality"', "@language": "en"},
    ]
    assert document["dcterms:issued"] == moment
    assert document["dcterms:accrualPeriodicity"] == {
        "@id": "http://publications.europa.eu/resource/authority/frequency/HOURLY"
    }
    assert document["dcterms:accessRights"] == {
        "@id": "http://publications.europa.eu/resource/authority/access-right/RESTRICTED"
    }
    assert document["dcterms:spatial"] == {"@type": "dcterms:Location", "dcterms:identifier": "430100"}
    assert document["dcterms:temporal"] == {
        "@type": "dcterms:PeriodOfTime",
        "dcat:startDate": {"@value": "2010-01-01T00:00:00Z", "@type": "xsd:dateTime"},
        "dcat:endDate": {"@value": "2015-01-01T00:00:00Z", "@type": "xsd:dateTime"},
    }
    assert document["adms:identifier"] == [
        {
            "@type": "adms:Identifier",
            "skos:notation": "307010/42",
            "adms:schemaAgency": "国家政务数据共享平台",
        }
    ]
    assert document["odrl:hasPolicy"] == {"@id": f"{BASE}/p/1"}
    [distribution] = document["dcat:distribution"]
    assert distribution["dcat:mediaType"] == {"@id": "https://www.iana.org/assignments/media-types/text/csv"}
    assert distribution["dcat:byteSize"] == {"@value": "2000000", "@type": "xsd:nonNegativeInteger"}
    assert distribution["spdx:checksum"]["spdx:algorithm"] == {"@id": "spdx:checksumAlgorithm_sha256"}


def test_what_is_not_given_is_left_out() -> None:
    assert dataset_document(LEAST).keys() == {
        "@context", "@id", "@type", "dcterms:identifier", "dcterms:title",
    }  # fmt: skip


def test_a_file_of_no_bytes_has_a_size() -> None:
    distribution = Distribution(uri=f"{BASE}/x", access_url=f"{BASE}/y", byte_size=0)
    document = dataset_document(replace(LEAST, distributions=(distribution,)))
    assert document["dcat:distribution"][0]["dcat:byteSize"]["@value"] == "0"


def names(value: Any) -> set[str]:
    """Every compact name in a document, as key, type or address."""
    if isinstance(value, dict):
        found = {key for key in value if not key.startswith("@")}
        found |= {value["@type"]} if "@type" in value else set()
        return found.union(*(names(inner) for key, inner in value.items() if key != "@context"))
    return set().union(*(names(inner) for inner in value)) if isinstance(value, list) else set()


def test_every_name_has_its_prefix_in_the_context() -> None:
    document = dataset_document(MOST)
    assert {name.partition(":")[0] for name in names(document)} <= document["@context"].keys()


def test_a_catalogue_holds_its_datasets_without_repeating_the_context() -> None:
    catalogue = Catalogue(uri=f"{BASE}/catalogue", title=Words(en="Catalogue"), datasets=(LEAST, MOST))
    document = json.loads(json.dumps(catalogue_document(catalogue)))
    assert document["@type"] == "dcat:Catalog"
    assert [dataset["@id"] for dataset in document["dcat:dataset"]] == [LEAST.uri, MOST.uri]
    assert all("@context" not in dataset for dataset in document["dcat:dataset"])


def test_a_whole_policy_may_stand_inside() -> None:
    policy = {"@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Offer", "@id": f"{BASE}/p/9"}
    document = dataset_document(replace(LEAST, policy=policy))
    assert document["odrl:hasPolicy"] == policy
    assert f"odrl:hasPolicy <{BASE}/p/9>" in to_turtle(document)
    assert "Offer" not in to_turtle(document)


def test_turtle_makes_the_same_statements() -> None:
    written = to_turtle(dataset_document(MOST))
    assert "@prefix dcat: <http://www.w3.org/ns/dcat#> ." in written
    for statement in (
        f"<{BASE}/d/air> a dcat:Dataset ;",
        'dcterms:title "空气质量"@zh, "Air \\"quality\\""@en ;',
        'dcterms:description "逐小时\\n监测"@zh ;',
        f"dcterms:publisher <{BASE}/o/env-bureau> ;",
        f'<{BASE}/o/env-bureau> a foaf:Agent ;\n    foaf:name "生态环境局"@zh, "Environment bureau"@en .',
        'dcat:startDate "2010-01-01T00:00:00Z"^^xsd:dateTime ;',
        f"dcat:distribution <{BASE}/d/air/2> .",
        'dcat:byteSize "2000000"^^xsd:nonNegativeInteger ;',
        "spdx:algorithm spdx:checksumAlgorithm_sha256 ;",
    ):
        assert statement in written
    assert written.count("[") == written.count("]") == 4


def test_an_address_cannot_end_early_in_turtle() -> None:
    written = to_turtle(dataset_document(replace(LEAST, landing_page='https://x/> a "y"')))
    assert "<https://x/%3E%20a%20%22y%22>" in written


def test_an_address_that_begins_like_a_prefix_is_still_an_address() -> None:
    written = to_turtle(dataset_document(replace(LEAST, uri="dcat:x . dcat:y")))
    assert "<dcat:x%20.%20dcat:y> a dcat:Dataset" in written


def test_an_agent_of_many_datasets_is_described_once() -> None:
    catalogue = Catalogue(
        uri=f"{BASE}/catalogue",
        title=Words(en="Catalogue"),
        publisher=MOST.publisher,
        datasets=(MOST, replace(MOST, uri=f"{BASE}/d/air2")),
    )
    written = to_turtle(catalogue_document(catalogue))
    assert len(re.findall("a foaf:Agent", written)) == 1
    assert len(re.findall("a dcat:Dataset", written)) == 2


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_every_frequency_is_a_code_of_the_authority_table(frequency: Any) -> None:
    document = dataset_document(replace(LEAST, frequency=frequency))
    assert document["dcterms:accrualPeriodicity"]["@id"].endswith(f"/frequency/{frequency}")
