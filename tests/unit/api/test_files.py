"""Uploads, files, envelopes and parts: for their owner and readers only, resumable, in ranges, erasable."""

import os
import secrets
from typing import Any

import pytest

from dongting.api.files import byte_range
from dongting.api.uploads import EACH
from dongting.errors import Refused
from dongting.wire.envelope import Envelope
from dongting.wire.keys import to_base64

CHUNK = 300_000


def upload(site: Any, data: bytes, by: str = "env-bureau") -> str:
    """Upload in two pieces; the address."""
    digest = site.profile.hash(data).hex()
    begun = site.ask("POST", "/v1/uploads", by=by, json={"size": len(data), "digest": digest})
    assert begun.status_code == 201, begun.text
    target = f"/v1/uploads/{begun.json()['upload']}"
    for start in range(0, len(data), CHUNK):
        sent = send(site, target, start, data[start : start + CHUNK], by)
        assert sent.json() == {"received": min(start + CHUNK, len(data))}
    done = site.ask("POST", f"{target}/finish", by=by)
    assert done.json() == {"address": digest}, done.text
    assert site.ask("POST", f"{target}/finish", by=by).json() == {"address": digest}
    return digest


def send(site: Any, target: str, offset: Any, data: bytes, by: str = "env-bureau") -> Any:
    fields = {"upload-offset": str(offset), "content-type": "application/octet-stream"}
    return site.ask("PATCH", target, by=by, content=data, headers=fields)


def envelope(blob: str, reader: str) -> dict[str, str]:
    return {"blob": blob, "reader": reader, "key": "cd" * 32, "sealed": to_base64(secrets.token_bytes(40))}


def test_an_upload_goes_on_where_it_broke_off(site: Any) -> None:
    data = secrets.token_bytes(1000)
    body = {"size": 1000, "digest": site.profile.hash(data).hex()}
    target = f"/v1/uploads/{site.ask('POST', '/v1/uploads', by='env-bureau', json=body).json()['upload']}"
    send(site, target, 0, data[:600])
    assert send(site, target, 0, data[:600]).json()["code"] == "store/wrong-offset"
    early = site.ask("POST", f"{target}/finish", by="env-bureau")
    assert (early.status_code, early.json()["code"]) == (409, "store/upload-incomplete")
    assert site.ask("GET", target, by="env-bureau").json() == {"received": 600, "size": 1000}
    assert send(site, target, 600, data[600:] + b"!").json()["code"] == "store/beyond-size"
    send(site, target, 600, data[600:])
    assert site.ask("POST", f"{target}/finish", by="env-bureau").status_code == 200


def test_wrong_bytes_are_discarded_and_own_nothing(site: Any) -> None:
    data = secrets.token_bytes(100)
    body = {"size": 100, "digest": site.profile.hash(data).hex()}
    target = f"/v1/uploads/{site.ask('POST', '/v1/uploads', by='green-tech', json=body).json()['upload']}"
    send(site, target, 0, bytes(100), by="green-tech")
    assert site.ask("POST", f"{target}/finish", by="green-tech").json()["code"] == "store/wrong-digest"
    assert site.ask("GET", target, by="green-tech").status_code == 404
    assert upload(site, data) == body["digest"]


def test_an_upload_belongs_to_who_began_it(site: Any) -> None:
    body = {"size": 10, "digest": "ee" * 32}
    target = f"/v1/uploads/{site.ask('POST', '/v1/uploads', by='env-bureau', json=body).json()['upload']}"
    answers = [
        send(site, target, 0, b"0123456789", by="green-tech"),
        site.ask("GET", target, by="green-tech"),
        site.ask("POST", f"{target}/finish", by="green-tech"),
    ]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(404, "store/no-upload")] * 3
    assert site.ask("GET", target, by="env-bureau").json()["received"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"size": -1, "digest": "ab" * 32},
        {"size": 1, "digest": "AB" * 32},
        {"size": 1, "digest": "../../etc/passwd"},
        {"size": "1", "digest": "ab" * 32},
        {"size": 1},
        {"size": 2**60, "digest": "ab" * 32},
    ],
)
def test_a_malformed_announcement_is_refused(site: Any, body: dict[str, Any]) -> None:
    assert site.ask("POST", "/v1/uploads", by="env-bureau", json=body).json()["code"] == "http/bad-body"


@pytest.mark.parametrize("offset", ["", "-1", "1.5", "0x1", "9" * 30])
def test_a_malformed_offset_is_refused(site: Any, offset: str) -> None:
    target = f"/v1/uploads/{'0' * 32}-10-{'ab' * 32}"
    fields = {"upload-offset": offset, "content-type": "application/octet-stream"}
    answer = site.ask("PATCH", target, by="env-bureau", content=b"x", headers=fields)
    assert answer.json()["code"] == "http/bad-header"


def test_the_owner_downloads_whole_and_in_ranges(site: Any) -> None:
    data = secrets.token_bytes(700_001)
    address = upload(site, data)
    target = f"/v1/files/{address}"
    whole = site.ask("GET", target, by="env-bureau")
    assert (whole.status_code, whole.content) == (200, data)
    for field, expected in (
        ("bytes=0-9", data[:10]), ("bytes=700000-", data[700_000:]), ("bytes=-5", data[-5:]),
        ("bytes=262143-600000", data[262_143:600_001]), ("bytes=10-9999999", data[10:]),
    ):  # fmt: skip
        part = site.ask("GET", target, by="env-bureau", headers={"range": field})
        assert (part.status_code, part.content) == (206, expected)
        assert part.headers["content-range"].endswith("/700001")
    beyond = site.ask("GET", target, by="env-bureau", headers={"range": "bytes=700001-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */700001")
    head = site.ask("HEAD", target, by="env-bureau")
    assert (head.headers["content-length"], head.content) == ("700001", b"")


@pytest.mark.parametrize(
    ("field", "expected"),
    [(None, None), ("bytes=0-0", (0, 1)), ("bytes=-99", (0, 10)), ("bytes=3-", (3, 10)), ("bytes=5-2", None),
     ("bytes=0-1,4-5", None), ("lines=1-2", None), ("bytes=", None)],
)  # fmt: skip
def test_ranges_are_read_as_rfc_9110_says(field: str | None, expected: Any) -> None:
    assert byte_range(field, 10) == expected


def test_an_empty_file_has_no_range() -> None:
    with pytest.raises(Refused):
        byte_range("bytes=0-", 0)


def test_others_do_not_download_without_a_delivery(site: Any) -> None:
    address = upload(site, secrets.token_bytes(50))
    answer = site.ask("GET", f"/v1/files/{address}", by="green-tech")
    assert (answer.status_code, answer.json()["code"]) == (403, "api/not-entitled")
    unknown = site.ask("GET", f"/v1/files/{address}?transfer=none.1", by="green-tech")
    assert unknown.status_code == 404
    assert site.ask("GET", f"/v1/files/{'12' * 32}", by="green-tech").json()["code"] == "store/no-file"
    assert site.ask("GET", "/v1/files/..", by="green-tech").status_code in (400, 404)


def test_envelopes_are_the_owners_to_add_and_the_readers_to_take(site: Any) -> None:
    address = upload(site, secrets.token_bytes(60))
    target = f"/v1/files/{address}"
    mine, theirs = envelope(address, "green-tech"), envelope(address, "env-bureau")
    assert (
        site.ask("PUT", f"{target}/envelopes", by="green-tech", json=[mine]).json()["code"] == "api/not-owner"
    )
    assert site.ask("PUT", f"{target}/envelopes", by="env-bureau", json=[mine]).status_code == 204
    assert site.ask("PUT", f"{target}/envelopes", by="env-bureau", json=[theirs]).status_code == 204
    assert site.ask("GET", f"{target}/envelope", by="green-tech").json() == mine
    assert site.ask("GET", f"{target}/envelope", by="env-bureau").json() == theirs
    third = site.ask("GET", f"{target}/envelope", by="air-alliance")
    assert (third.status_code, third.json()["code"]) == (403, "api/no-envelope")
    other = envelope("99" * 32, "green-tech")
    refused = site.ask("PUT", f"{target}/envelopes", by="env-bureau", json=[other])
    assert refused.json()["code"] == "api/envelope-for-another-blob"
    resealed = envelope(address, "green-tech")
    site.ask("PUT", f"{target}/envelopes", by="env-bureau", json=[resealed])
    assert site.ask("GET", f"{target}/envelope", by="green-tech").json() == resealed


def test_a_file_is_not_taken_over(site: Any) -> None:
    data = secrets.token_bytes(70)
    address = upload(site, data)
    taken = site.ask("POST", "/v1/uploads", by="green-tech", json={"size": 70, "digest": address})
    assert (taken.status_code, taken.json()["code"]) == (403, "api/not-owner")


def test_a_delivery_entitles_until_the_agreement_ends_and_erasure_is_told(site: Any) -> None:
    data = secrets.token_bytes(5000)
    address, commitment = upload(site, data), secrets.token_hex(32)
    content = {"commitment": commitment, "size_class": 13, "media_type": "text/csv", "address": address}
    dataset, id = site.dataset(content=content), site.name("share")
    site.act("env-bureau", "catalogue/publish", dataset)
    terms = {"id": id, "terms": "cd" * 32}
    asked = {**terms, "dataset": dataset["id"], "start": 1_700_000_000, "end": 2_000_000_000}
    site.act("green-tech", "sharing/request", asked)
    site.act("env-bureau", "sharing/agree", terms)
    transfer = f"{id}.1"
    target = f"/v1/files/{address}?transfer={transfer}"
    assert site.ask("GET", target, by="green-tech").json()["code"] == "sharing/download-not-delivered"
    delivery = {"id": transfer, "agreement": id, "version": 1, "kind": "file", "content": commitment}
    site.act("env-bureau", "sharing/deliver", delivery)
    assert site.ask("GET", target, by="green-tech").content == data
    stranger = site.ask("GET", target, by="air-alliance")
    assert (stranger.status_code, stranger.json()["code"]) == (403, "sharing/download-not-a-party")
    other = upload(site, secrets.token_bytes(9))
    assert (
        site.ask("GET", f"/v1/files/{other}?transfer={transfer}", by="green-tech").json()["code"]
        == "api/other-file"
    )

    put_part(site, commitment, about=f"catalogue.dataset-version/{dataset['id']}.1")
    site.act("env-bureau", "catalogue/erase", {"id": dataset["id"], "number": 1})
    for answer in (
        site.ask("GET", target, by="green-tech"),
        site.ask("GET", f"/v1/files/{address}", by="env-bureau"),
        site.ask("GET", f"/v1/files/{address}/envelope", by="env-bureau"),
        site.ask("PUT", f"/v1/files/{address}/envelopes", by="env-bureau", json=[]),
        site.ask("GET", f"/v1/parts/{commitment}", by="env-bureau"),
        site.ask("POST", "/v1/uploads", by="env-bureau", json={"size": 5000, "digest": address}),
    ):
        assert answer.status_code == 410, answer.text
    again = put_part(site, commitment, about="catalogue.dataset/x", check=False)
    assert again.json()["code"] == "api/erased"


def put_part(
    site: Any, commitment: str, about: str, by: str = "env-bureau",
    readers: tuple[str, ...] = ("env-bureau",), blob: bytes = b"ciphertext", check: bool = True,
) -> Any:  # fmt: skip
    address = site.profile.hash(blob).hex()
    body = {"blob": to_base64(blob), "envelopes": [envelope(address, r) for r in readers], "about": about}
    answer = site.ask("PUT", f"/v1/parts/{commitment}", by=by, json=body)
    assert not check or answer.status_code == 204, answer.text
    return answer


def test_a_part_is_for_its_readers(site: Any) -> None:
    commitment = secrets.token_hex(32)
    put_part(site, commitment, "sharing.negotiation/x", readers=("green-tech",))
    found = site.ask("GET", f"/v1/parts/{commitment}", by="green-tech").json()
    assert (found["blob"], found["owner"]) == (to_base64(b"ciphertext"), "env-bureau")
    assert Envelope(**found["envelope"]).reader == "green-tech"
    assert site.ask("GET", f"/v1/parts/{commitment}", by="env-bureau").json()["envelope"] is None
    third = site.ask("GET", f"/v1/parts/{commitment}", by="air-alliance")
    assert (third.status_code, third.json()["code"]) == (403, "api/no-envelope")
    put_part(site, commitment, "sharing.negotiation/x", readers=("air-alliance",))
    for reader in ("green-tech", "air-alliance"):
        assert site.ask("GET", f"/v1/parts/{commitment}", by=reader).status_code == 200
    missing = site.ask("GET", f"/v1/parts/{'77' * 32}", by="green-tech")
    assert (missing.status_code, missing.json()["code"]) == (404, "api/no-part")


def test_a_part_is_never_replaced_by_another(site: Any) -> None:
    commitment = secrets.token_hex(32)
    put_part(site, commitment, "sharing.negotiation/x")
    refused = put_part(site, commitment, "sharing.negotiation/x", by="green-tech", check=False)
    assert (refused.status_code, refused.json()["code"]) == (403, "api/not-owner")
    put_part(site, commitment, "sharing.negotiation/x", blob=b"encrypted anew", readers=("env-bureau",))
    assert site.ask("GET", f"/v1/parts/{commitment}", by="env-bureau").json()["blob"] == to_base64(
        b"encrypted anew"
    )


def test_a_part_too_large_is_refused(site: Any) -> None:
    answer = put_part(site, "55" * 32, "a.b/c", blob=bytes(256 * 1024 + 1), check=False)
    assert answer.status_code in (400, 413)
    put_part(site, secrets.token_hex(32), "a.b/c", blob=bytes(256 * 1024))


@pytest.mark.parametrize(
    "changes",
    [
        {"blob": "a"}, {"blob": "=="}, {"blob": "YQ=="}, {"about": "../x"}, {"about": "a.b/c\n"}, {"more": 1},
        {"envelopes": [{}]}, {"envelopes": [envelope("00" * 32, "green-tech")]},
    ],
)  # fmt: skip
def test_a_malformed_part_is_refused(site: Any, changes: dict[str, Any]) -> None:
    body = {"blob": "YQ", "envelopes": [], "about": "a.b/c", **changes}
    answer = site.ask("PUT", f"/v1/parts/{'66' * 32}", by="env-bureau", json=body)
    assert answer.status_code in (400, 422)
    assert site.ask("GET", f"/v1/parts/{'66' * 32}", by="env-bureau").status_code == 404


def test_a_version_that_names_anothers_file_and_part_destroys_and_opens_neither(site: Any) -> None:
    data, terms = secrets.token_bytes(300), secrets.token_hex(32)
    address = upload(site, data)
    put_part(site, terms, "sharing.negotiation/x", readers=("env-bureau",))
    content = {"commitment": terms, "size_class": 9, "media_type": "text/csv", "address": address}
    copied, id = site.dataset(content=content), site.name("copy")
    site.act("green-tech", "catalogue/publish", copied)
    agreed = {"id": id, "terms": "cd" * 32}
    period = {"start": 1_700_000_000, "end": 2_000_000_000}
    site.act("air-alliance", "sharing/request", {**agreed, "dataset": copied["id"], **period})
    site.act("green-tech", "sharing/agree", agreed)
    site.act(
        "green-tech", "sharing/deliver", {"id": f"{id}.1", "agreement": id, "version": 1, "content": terms}
    )
    for organisation in ("green-tech", "air-alliance"):
        target = f"/v1/files/{address}?transfer={id}.1"
        assert site.ask("GET", target, by=organisation).json()["code"] == "api/not-entitled"
    site.act("green-tech", "catalogue/erase", {"id": copied["id"], "number": 1})
    assert site.ask("GET", f"/v1/files/{address}", by="env-bureau").content == data
    assert site.ask("GET", f"/v1/parts/{terms}", by="env-bureau").status_code == 200
    assert (
        put_part(site, terms, "sharing.negotiation/x", readers=("green-tech",), check=False).status_code
        == 204
    )
    assert (
        site.ask(
            "PUT", f"/v1/files/{address}/envelopes", by="env-bureau", json=[envelope(address, "green-tech")]
        ).status_code
        == 204
    )


def test_one_organisation_cannot_take_all_places_for_uploads(new_site: Any) -> None:
    site = new_site()

    def begin(by: str) -> Any:
        return site.ask("POST", "/v1/uploads", by=by, json={"size": 1, "digest": secrets.token_hex(32)})

    begun = [begin("green-tech") for _ in range(EACH)]
    assert {each.status_code for each in begun} == {201}
    refused = begin("green-tech")
    assert (refused.status_code, refused.json()["code"]) == (429, "store/too-many-uploads")
    assert begin("env-bureau").status_code == 201
    silent = begun[0].json()["upload"]
    os.utime(site.home.path / "files" / "uploads" / silent, (0, 0))
    assert begin("green-tech").status_code == 201
    assert site.ask("GET", f"/v1/uploads/{silent}", by="green-tech").status_code == 404


def test_parts_of_one_organisation_take_no_more_than_their_quota(new_site: Any) -> None:
    site = new_site(settings="[files]\nparts_quota = 1048576\n")
    big, taken = bytes(150 * 1024), [secrets.token_hex(32) for _ in range(5)]
    for commitment in taken:
        put_part(site, commitment, "sharing.negotiation/x", blob=big)
    refused = put_part(site, secrets.token_hex(32), "sharing.negotiation/x", blob=big, check=False)
    assert (refused.status_code, refused.json()["code"]) == (507, "node/parts-quota")
    put_part(site, secrets.token_hex(32), "sharing.negotiation/x", by="green-tech", blob=big)
    put_part(site, taken[0], "sharing.negotiation/x", blob=big, readers=("green-tech",))
    site.home.parts().remove(taken[0])  # as an erasure does
    put_part(site, secrets.token_hex(32), "sharing.negotiation/x", blob=big)
    (site.home.path / "run" / "parts-usage.json").unlink()
    assert put_part(site, secrets.token_hex(32), "a.b/c", blob=big, check=False).status_code == 507
