import msgspec
import pytest

from dongting.errors import Refused
from dongting.wire import envelope
from dongting.wire.envelope import Envelope
from dongting.wire.profile import INTERNATIONAL, PROFILES
from dongting.wire.sealing import CANNOT_OPEN, DecryptionKey, method_for

BLOB, DATA_KEY = "ab" * 32, bytes(range(32))
both = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


@both
def test_the_reader_opens_it_after_a_trip_through_json(profile):
    private = DecryptionKey.generate(method_for(profile))
    sealed = envelope.seal(BLOB, "green-tech", DATA_KEY, private.public(), profile)
    again = msgspec.json.decode(msgspec.json.encode(sealed), type=Envelope)
    assert again.open(private, profile) == DATA_KEY


@both
def test_moved_to_another_blob_or_reader_it_does_not_open(profile):
    private = DecryptionKey.generate(method_for(profile))
    sealed = envelope.seal(BLOB, "green-tech", DATA_KEY, private.public(), profile)
    for change in ({"blob": "cd" * 32}, {"reader": "air-alliance"}):
        with pytest.raises(Refused) as refused:
            msgspec.structs.replace(sealed, **change).open(private, profile)
        assert refused.value.code is CANNOT_OPEN


def test_another_key_is_told_which_one_is_needed():
    method = method_for(INTERNATIONAL)
    private, other = DecryptionKey.generate(method), DecryptionKey.generate(method)
    sealed = envelope.seal(BLOB, "green-tech", DATA_KEY, private.public(), INTERNATIONAL)
    with pytest.raises(Refused) as refused:
        sealed.open(other, INTERNATIONAL)
    assert refused.value.code is envelope.OTHER_KEY
    assert sealed.key[:16] in refused.value.text("zh")


def test_an_envelope_with_other_fields_is_not_decoded():
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"blob":"x","reader":"a","key":"b","sealed":"c"}', type=Envelope)


@pytest.mark.parametrize("field", ["blob", "reader", "key", "sealed"])
def test_a_line_feed_behind_a_field_is_no_second_form_of_it(field):
    method = method_for(INTERNATIONAL)
    sealed = envelope.seal(
        BLOB, "green-tech", DATA_KEY, DecryptionKey.generate(method).public(), INTERNATIONAL
    )
    values = msgspec.to_builtins(sealed)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**values, field: values[field] + "\n"}, Envelope)
