"""An event reads back with the SDK of CloudEvents."""

import msgspec
from cloudevents.core.formats.json import JSONFormat

from dongting.standards.cloudevents import CloudEvent, encode

EVENT = CloudEvent(
    specversion="1.0",
    id="310-2",
    source="urn:dongting:ab",
    type="dongting.sharing.agreement",
    subject="sharing.agreement/air-2026",
    time="2026-01-01T00:00:00Z",
    datacontenttype="application/json",
    action="sharing/agree",
    data=msgspec.Raw(b'{"version":1}'),
)


def test_the_sdk_reads_all_that_was_written() -> None:
    read = JSONFormat().read(None, encode(EVENT))
    assert (read.get_id(), read.get_source(), read.get_type()) == (EVENT.id, EVENT.source, EVENT.type)
    assert (read.get_specversion(), read.get_subject()) == ("1.0", EVENT.subject)
    time = read.get_time()
    assert time is not None
    assert time.timestamp() == 1767225600
    assert read.get_data() == {"version": 1}
    assert read.get_extension("action") == "sharing/agree"
    assert read.get_extension("author") is None


def test_it_is_one_line() -> None:
    assert b"\n" not in encode(EVENT)
