"""Descriptions as JSON-LD documents (DCAT 3, sections 6.3 Catalog, 6.6 Dataset, 6.8 Distribution).

Keys are compact names under the document's own context and values are explicit nodes or literals, so that
a reader needs no context from the network, and `turtle` can write the same statements.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from dongting.standards.dcat.model import Agent, Catalogue, Dataset, Distribution, Words

Node = dict[str, Any]

#: The prefixes in use; the same in JSON-LD and Turtle.
PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

AUTHORITY = "http://publications.europa.eu/resource/authority/"
MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"


def dataset_document(dataset: Dataset) -> Node:
    """The dataset as one JSON-LD document."""
    return {"@context": PREFIXES, **_dataset(dataset)}


def catalogue_document(catalogue: Catalogue) -> Node:
    """The catalogue with all its datasets as one JSON-LD document."""
    document: Node = {
        "@context": PREFIXES,
        "@id": catalogue.uri,
        "@type": "dcat:Catalog",
        "dcterms:title": _words(catalogue.title),
        "dcterms:description": _words(catalogue.description),
        "dcterms:publisher": _agent(catalogue.publisher),
        "dcterms:modified": _moment(catalogue.modified),
        "dcat:dataset": [_dataset(dataset) for dataset in catalogue.datasets],
    }
    return _given(document)


def _dataset(dataset: Dataset) -> Node:
    return _given(
        {
            "@id": dataset.uri,
            "@type": "dcat:Dataset",
            "dcterms:identifier": dataset.identifier,
            "dcterms:title": _words(dataset.title),
            "dcterms:description": _words(dataset.description),
            "dcterms:publisher": _agent(dataset.publisher),
            "dcat:theme": [_iri(theme) for theme in dataset.themes],
            "dcat:keyword": [word for keyword in dataset.keywords for word in _words(keyword)],
            "dcterms:issued": _moment(dataset.issued),
            "dcterms:modified": _moment(dataset.modified),
            "dcat:version": dataset.version,
            "dcterms:accrualPeriodicity": _authority("frequency", dataset.frequency),
            "dcterms:spatial": _region(dataset.region),
            "dcterms:temporal": _period(dataset.start, dataset.end),
            "adms:identifier": [
                {"@type": "adms:Identifier", "skos:notation": other.value, "adms:schemaAgency": other.scheme}
                for other in dataset.other_identifiers
            ],
            "odrl:hasPolicy": _iri(dataset.policy) if isinstance(dataset.policy, str) else dataset.policy,
            "dcterms:accessRights": _authority("access-right", dataset.access_rights),
            "dcat:landingPage": _iri(dataset.landing_page),
            "dcat:distribution": [_distribution(one) for one in dataset.distributions],
        }
    )


def _distribution(distribution: Distribution) -> Node:
    size, checksum = distribution.byte_size, distribution.checksum
    media_type = distribution.media_type
    return _given(
        {
            "@id": distribution.uri,
            "@type": "dcat:Distribution",
            "dcterms:title": _words(distribution.title),
            "dcat:accessURL": _iri(distribution.access_url),
            "dcat:downloadURL": _iri(distribution.download_url),
            "dcat:mediaType": _iri(media_type and MEDIA_TYPES + media_type),
            "dcat:byteSize": None if size is None else _typed(str(size), "xsd:nonNegativeInteger"),
            "spdx:checksum": checksum
            and {
                "@type": "spdx:Checksum",
                "spdx:algorithm": _iri(f"spdx:checksumAlgorithm_{checksum.algorithm}"),
                "spdx:checksumValue": _typed(checksum.value, "xsd:hexBinary"),
            },
            "dcterms:conformsTo": _iri(distribution.conforms_to),
            "dcterms:issued": _moment(distribution.issued),
        }
    )


def _given(node: Node) -> Node:
    """The node without the members that have no value."""
    return {key: value for key, value in node.items() if value not in (None, [], "")}


def _iri(iri: str | None) -> Node | None:
    return {"@id": iri} if iri else None


def _typed(written: str, datatype: str) -> Node:
    return {"@value": written, "@type": datatype}


def _words(words: Words | None) -> list[Node]:
    pairs: Iterable[tuple[str, str | None]] = () if words is None else (("zh", words.zh), ("en", words.en))
    return [{"@value": text, "@language": language} for language, text in pairs if text]


def _moment(seconds: int | None) -> Node | None:
    if seconds is None:
        return None
    return _typed(datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "xsd:dateTime")


def _agent(agent: Agent | None) -> Node | None:
    if agent is None:
        return None
    return {"@id": agent.uri, "@type": "foaf:Agent", "foaf:name": _words(agent.name)}


def _authority(table: str, code: str | None) -> Node | None:
    return _iri(code and f"{AUTHORITY}{table}/{code}")


def _region(code: str | None) -> Node | None:
    """A dcterms:Location by its GB/T 2260 code; the standard publishes no addresses to point at."""
    if code is None:
        return None
    return {"@type": "dcterms:Location", "dcterms:identifier": code}


def _period(start: int | None, end: int | None) -> Node | None:
    if start is None and end is None:
        return None
    return _given(
        {"@type": "dcterms:PeriodOfTime", "dcat:startDate": _moment(start), "dcat:endDate": _moment(end)}
    )
