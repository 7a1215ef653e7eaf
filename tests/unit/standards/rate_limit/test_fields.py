"""The two fields are lists of structured field items."""

import http_sf

from dongting.standards.rate_limit import Allowance, fields


def test_the_fields_say_quota_and_rest() -> None:
    found = dict(fields("organisation", Allowance(300, 3, 299, 1)))
    assert found == {
        "ratelimit-policy": '"organisation";q=300;w=3',
        "ratelimit": '"organisation";r=299;t=1',
    }
    parsed = http_sf.parse(found["ratelimit"].encode(), tltype="list")
    assert parsed == [("organisation", {"r": 299, "t": 1})]
