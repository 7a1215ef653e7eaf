import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dongting.errors import Refused
from dongting.wire import stream
from dongting.wire.profile import INTERNATIONAL, PROFILES
from dongting.wire.stream import HEADER_SIZE

SMALL = 4096
KEY, PREFIX = bytes(range(32)), b"prefix7"
sizes = st.one_of(st.integers(0, 20), st.integers(0, 5 * SMALL), st.sampled_from([SMALL, 2 * SMALL]))
profiles = st.sampled_from(list(PROFILES.values()))


def content_of(size):
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def cut(data, draws):
    """The same bytes in chunks of arbitrary sizes."""
    at, chunks = 0, []
    for step in draws:
        chunks.append(data[at : at + step])
        at += step
    return [*chunks, data[at:]]


@settings(max_examples=60, deadline=None)
@given(
    sizes, profiles, st.lists(st.integers(0, 6000), max_size=12), st.lists(st.integers(0, 6000), max_size=12)
)
def test_content_comes_back_however_it_is_cut(size, profile, before, after):
    content = content_of(size)
    whole = b"".join(stream.encrypt(stream.begin(KEY, PREFIX, profile, SMALL), [content]))
    cut_up = b"".join(stream.encrypt(stream.begin(KEY, PREFIX, profile, SMALL), cut(content, before)))
    assert cut_up == whole
    assert b"".join(stream.decrypt(cut(whole, after), KEY, profile)) == content
    assert stream.content_size(len(whole), SMALL) == size


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_range_is_the_slice_of_the_content(data):
    size = data.draw(sizes)
    start = data.draw(st.integers(0, size))
    stop = data.draw(st.integers(start, size))
    content = content_of(size)
    ciphertext = b"".join(stream.encrypt(stream.begin(KEY, PREFIX, INTERNATIONAL, SMALL), [content]))
    opened = stream.resume(ciphertext[:HEADER_SIZE], KEY, INTERNATIONAL)
    where = stream.window(start, stop, size, SMALL)
    got = stream.decrypt_window(opened, [ciphertext[where.start : where.stop]], where)
    assert b"".join(got) == content[start:stop]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_stream_never_decrypts_to_its_end(data):
    content = content_of(data.draw(st.integers(0, 3 * SMALL)))
    ciphertext = b"".join(stream.encrypt(stream.begin(KEY, PREFIX, INTERNATIONAL, SMALL), [content]))
    start = data.draw(st.integers(0, len(ciphertext)))
    stop = data.draw(st.integers(start, min(len(ciphertext), start + 40)))
    changed = ciphertext[:start] + data.draw(st.binary(max_size=40)) + ciphertext[stop:]
    try:
        got = b"".join(stream.decrypt([changed], KEY, INTERNATIONAL))
    except Refused:
        assert changed != ciphertext
    else:
        assert (changed, got) == (ciphertext, content)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_with_a_code(data):
    with pytest.raises(Refused) as refused:
        list(stream.decrypt([data], KEY, INTERNATIONAL))
    assert refused.value.code.module == "wire"
