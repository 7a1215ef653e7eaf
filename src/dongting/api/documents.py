"""Documents on paper (PDF/A-3u): an agreement, and a report on evidence for a court.

They are made from a proof file and say what it proves. A node can prove every record, but reads no terms:
who may read them sends the proof file with its openings and gets the document with the terms in it.
"""

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta

from dongting.api.kinds import RecordId
from dongting.api.routes import CBOR, Call, Content, route
from dongting.api.service import Service
from dongting.errors import Language
from dongting.http.messages import Reply, kept_as
from dongting.node.codes import NO_RECORD
from dongting.node.exports.proven import NOT_PROVEN_HERE, Proven
from dongting.node.prove import NOTHING_YET
from dongting.wire.proof import BAD_PROOF

PDF = "application/pdf"
MOST = 4 * 2**20  # bytes of a proof file

_one_at_a_time = asyncio.Semaphore(1)  # fonts are work: a worker has pages to answer besides


class AskPaper(msgspec.Struct, frozen=True):
    """The language of a document; else as preferred."""

    language: Annotated[
        Language | None, Meta(description="Else as Accept-Language says.", examples=["zh"])
    ] = None


class AskAgreement(AskPaper, frozen=True, kw_only=True):
    """An agreement, and the language of its document."""

    id: RecordId


@route(
    "GET", "/v1/agreements/{id}.pdf", ("An agreement as PDF", "协议 PDF"),
    tag="proofs", refuses=(NO_RECORD, NOTHING_YET, NOT_PROVEN_HERE), gives=Content(PDF),
)  # fmt: skip
async def agreement_document(service: Service, call: Call, asked: AskAgreement) -> Reply:
    """Parties, commitment to the terms, signatures, states and history, with the proof file attached; the
    terms themselves stand in it only where a party makes it from its own proof file."""
    address = f"sharing.agreement/{asked.id}"
    await service.facade.record("sharing.agreement", asked.id, 0)
    proof = await service.facade.prove([address])
    return await _agreement(service, call, asked, proof)


@route(
    "POST", "/v1/agreements/{id}.pdf", ("An agreement with its terms as PDF", "含条款的协议 PDF"),
    tag="proofs", refuses=(BAD_PROOF, NOT_PROVEN_HERE), takes=Content(CBOR), gives=Content(PDF), most=MOST,
    safe=True,
)  # fmt: skip
async def agreement_document_of_proof(service: Service, call: Call, asked: AskAgreement) -> Reply:
    """The same from a proof file that is sent, with the terms that it opens. Nothing of it is kept."""
    return await _agreement(service, call, asked, call.data)


@route(
    "POST", "/v1/reports/evidence.pdf", ("A report on evidence as PDF", "存证报告 PDF"),
    tag="proofs", refuses=(BAD_PROOF,), takes=Content(CBOR), gives=Content(PDF), most=MOST, safe=True,
)  # fmt: skip
async def evidence_report(service: Service, call: Call, asked: AskPaper) -> Reply:
    """For a court: what the proof file that is sent proves, by which methods, how to check it without
    anybody, and what it does not prove. Nothing of it is kept."""

    def make() -> bytes:
        from dongting.node.exports.report import report

        return report(_proven(service, call, asked, call.data, network))

    network = (await service.facade.status()).network
    async with _one_at_a_time:
        return kept_as("evidence-report.pdf", await asyncio.to_thread(make), PDF)


async def _agreement(service: Service, call: Call, asked: AskAgreement, proof: bytes) -> Reply:
    def make() -> bytes:
        from dongting.node.exports.agreement import agreement

        return agreement(_proven(service, call, asked, proof, network), asked.id)

    network = (await service.facade.status()).network
    async with _one_at_a_time:
        return kept_as(f"agreement-{asked.id}.pdf", await asyncio.to_thread(make), PDF)


def _proven(service: Service, call: Call, asked: AskPaper, proof: bytes, network: str) -> Proven:
    language = asked.language or call.head.language
    return Proven.read(proof, network, language, service.config.public_url)


ROUTES = (agreement_document, agreement_document_of_proof, evidence_report)
