"""Links as a client reads them."""

import httpx

from dongting.standards.web_linking import link


def test_a_client_finds_each_relation() -> None:
    field = link({"first": "/v1/a?limit=1", "next": "/v1/a?limit=1&cursor=x"})
    assert httpx.Response(200, headers={"link": field}).links == {
        "first": {"url": "/v1/a?limit=1", "rel": "first"},
        "next": {"url": "/v1/a?limit=1&cursor=x", "rel": "next"},
    }
