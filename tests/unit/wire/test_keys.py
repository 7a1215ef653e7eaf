import msgspec
import pytest

from dongting.errors import Refused
from dongting.wire import cbor, genesis
from dongting.wire.keys import BAD_KEY, public_key


@pytest.mark.parametrize("kty", [[1], {1: 1}, b"\x01", "1", None, 3])
def test_a_key_type_of_any_other_kind_is_refused_not_a_fault(kty):
    with pytest.raises(Refused) as refused:
        public_key(cbor.encode({1: kty, -1: 6, -2: bytes(32)}))
    assert refused.value.code is BAD_KEY


@pytest.mark.parametrize(
    ("kind", "value"),
    [(genesis._Id, "env-bureau"), (genesis._Day, "2027-01-01"), (genesis._Key, "AAAA")],
)
def test_a_line_feed_behind_a_field_of_genesis_is_no_second_form_of_it(kind, value):
    assert msgspec.convert(value, kind) == value
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value + "\n", kind)
