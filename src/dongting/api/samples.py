"""Values that stand as examples in the API's description; tests decode each as its declared type."""

from typing import Any

import msgspec

from dongting.node.facade import Status
from dongting.standards.problem import Problem
from dongting.wire.envelope import Envelope

HASH64 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
UPLOAD = f"0f1e2d3c4b5a69788796a5b4c3d2e1f0-1048576-{HASH64}"
CHECKPOINT = (
    "hunan.example/9f86d081884c7d65\n1042\nn4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=\n\n"
    "— hunan.example/9f86d081884c7d65 mZ7hpwABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0u"
    "LzAxMjM0NTY3ODk6Ozw9Pj8AAQ==\n"
)
KEY = "pAEBAycgBiFYIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
ADD_CHECKPOINT = f"old 0\n\n{CHECKPOINT}"
COSIGNATURE = (
    "— witness.example TqgIUQAAAABrSdI+1W/gyko93XL3b6bWQif6E3E0f478mQwyFfmnzNb02s5fdFkiFsgC6vRDKbSZUUFCMtoM"
    "+i/nkSfvzFK2k8r+DQ==\n"
)
ENVELOPE = Envelope(HASH64, "green-tech", HASH64, "c2VhbGVkLWRhdGEta2V5")
BATCH = "hexadecimal: 82 590200 d284… 590200 d284…"
GENESIS: dict[str, Any] = {
    "format": "dongting-genesis-1",
    "name": {"zh": "湖南数据网络"},
    "domain": "hunan.example",
}
STATUS = Status(
    network=HASH64, origin="hunan.example/9f86d081884c7d65", profile="international", height=310, size=1042,
    time=1_767_225_600, root=HASH64, state=HASH64, writing=True, reason=None,
    log_keys=["owEBIAYhWCA"], operator="env-bureau",
)  # fmt: skip

_ACCEPTED = {"id": HASH64, "state": "accepted", "index": 1040, "height": 310, "time": 1_767_225_600}
_REFUSED = {
    "id": HASH64[::-1],
    "state": "refused",
    "problem": msgspec.to_builtins(
        Problem(
            "/problems/kernel/expired", "Expired", 409,
            "This statement could be accepted only until 1767226200; sign it again.",
            None, "kernel/expired", 3,
        )
    ),
}  # fmt: skip
OUTCOME = _ACCEPTED
OUTCOMES = {"checkpoint": CHECKPOINT, "statements": [_ACCEPTED, _REFUSED]}

RECORD: dict[str, Any] = {
    "type": "sharing.agreement", "id": "air-2026", "version": 1, "leaf": 1040, "height": 310,
    "time": 1_767_225_600,
    "record": {
        "id": "air-2026", "provider": "env-bureau", "consumer": "green-tech", "dataset": "pm25-hourly",
        "terms": HASH64, "start": 1_767_225_600, "end": 1_798_761_600, "state": "ACTIVE",
        "agreed": 1_767_225_600, "since": 1_767_225_600, "deliveries": 0,
    },
}  # fmt: skip
RECORDS: dict[str, Any] = {"records": [RECORD], "cursor": None}
WAITING: dict[str, Any] = {
    "waiting": [{"record": RECORD, "organisation": "env-bureau", "due": 1_767_484_800, "overdue": False}],
    "cursor": None,
}
EVENT: dict[str, Any] = {
    "specversion": "1.0", "id": "310-0", "source": f"urn:dongting:{HASH64}",
    "type": "dongting.sharing.agreement", "subject": "sharing.agreement/air-2026",
    "time": "2026-01-01T00:00:00Z", "datacontenttype": "application/json", "action": "sharing/agree",
    "author": "env-bureau", "data": RECORD,
}  # fmt: skip
EVENTS: dict[str, Any] = {"events": [EVENT], "after": "310-0"}
STREAM = f"id: 310-0\ndata: {msgspec.json.encode(EVENT).decode()}\n\n"
INSTALLED: dict[str, Any] = {"actions": [], "records": []}
PROBLEM = Problem(
    "/problems/http/not-found", "Not found", 404,
    "There is nothing at this address; /v1/openapi.json lists what there is.", None, "http/not-found", 1,
)  # fmt: skip
