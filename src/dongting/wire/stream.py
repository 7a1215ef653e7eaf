"""Authenticated encryption in segments, so that ranges and interrupted transfers verify.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its
Nonce-Reuse Misuse-Resistance", CRYPTO 2015, section 7): segment i is sealed under the nonce
prefix (7) || i (4, big-endian) || last (1). Cutting, reordering, repeating or extending a stream
puts a segment under a nonce that it was not sealed with. Ciphers: AES-256-GCM (NIST SP 800-38D), or
SM4-GCM (GB/T 32907-2016 in the mode of RFC 8998).

    header   magic "DTST" (4) version 1 (1) cipher (1) log2 of the segment size (1)
             prefix (7) zero (2) key check (32)
    then     segments of that size, each followed by its tag of 16 bytes; the last holds 1 byte or more,
             unless the content is empty

    key check || segment key = HKDF(data key, salt = the header's first 16 bytes, info = label)

under the profile's hash (RFC 5869). The key check tells a wrong key from damage and makes the stream
key-committing: no ciphertext opens under two keys. The header is the associated data of each segment.
The data key is fresh for each stream; key and prefix arrive from the caller's randomness.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dongting.errors import Code, Refused, require
from dongting.wire.profile import Profile

KEY_SIZE = 32
PREFIX_SIZE = 7
HEADER_SIZE = 48
TAG_SIZE = 16
SEGMENT = 65536
MAX_SEGMENTS = 2**32

BAD_STREAM = Code(
    "wire", 90, "bad-stream",
    "These bytes are not an encrypted stream of this network: {why}. Fetch the file again.",
    "这些字节不是本网络的加密流：{why}。请重新获取该文件。",
    status=400,
)  # fmt: skip
WRONG_DATA_KEY = Code(
    "wire", 91, "wrong-data-key",
    "This data key does not belong to this encrypted stream. Ask the holder for the envelope of this file.",
    "此数据密钥不属于该加密流。请向持有方索取该文件的信封。",
)  # fmt: skip
STREAM_DAMAGED = Code(
    "wire", 92, "stream-damaged",
    "The encrypted stream is damaged or cut off at segment {segment}. Fetch it again from there.",
    "加密流在第 {segment} 段处损坏或中断。请从该段起重新获取。",
)  # fmt: skip
BAD_RANGE = Code(
    "wire", 93, "bad-range",
    "Bytes {start} to {stop} do not lie within a content of {size} bytes.",
    "字节 {start} 至 {stop} 不在 {size} 字节的内容之内。",
    status=416,
)  # fmt: skip

_MAGIC = b"DTST\x01"
_LABEL = b"dongting/stream/v1"
_PARAMETERS_SIZE = 16
_SMALLEST, _LARGEST = 12, 20  # log2: 4 KiB to 1 MiB

#: (nonce, data, associated data) to bytes; opening raises InvalidTag.
_Transform = Callable[[bytes, bytes, bytes], bytes]


@dataclass(frozen=True, slots=True)
class _SegmentCipher:
    number: int
    key_size: int
    hash: type[hashes.HashAlgorithm]
    keyed: Callable[[bytes], tuple[_Transform, _Transform]]


def _aes(key: bytes) -> tuple[_Transform, _Transform]:
    aead = AESGCM(key)
    return aead.encrypt, aead.decrypt


def _sm4(key: bytes) -> tuple[_Transform, _Transform]:
    # OpenSSL by way of cryptography: the same bytes as GmSSL, twice as fast.
    algorithm = algorithms.SM4(key)

    def seal(nonce: bytes, data: bytes, header: bytes) -> bytes:
        encryptor = Cipher(algorithm, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(header)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def unseal(nonce: bytes, data: bytes, header: bytes) -> bytes:
        decryptor = Cipher(algorithm, modes.GCM(nonce, data[-TAG_SIZE:])).decryptor()
        decryptor.authenticate_additional_data(header)
        return decryptor.update(data[:-TAG_SIZE]) + decryptor.finalize()

    return seal, unseal


_CIPHERS = {
    "international": _SegmentCipher(1, 32, hashes.SHA256, _aes),
    "national": _SegmentCipher(2, 16, hashes.SM3, _sm4),
}


@dataclass(frozen=True, slots=True, repr=False)
class Stream:
    """One stream's header and the key for its segments; made by `begin` (to encrypt) or `resume`."""

    header: bytes
    segment_size: int
    _prefix: bytes
    _seal: _Transform
    _open: _Transform

    def seal(self, index: int, last: bool, content: bytes) -> bytes:
        """Segment `index`, encrypted: its content and 16 bytes more."""
        return self._seal(self._nonce(index, last), content, self.header)

    def open(self, index: int, last: bool, segment: bytes) -> bytes:
        """The content of segment `index`; refuses one that was not sealed at this place."""
        empty_tail = last and index > 0 and len(segment) == TAG_SIZE
        if len(segment) < TAG_SIZE or empty_tail or index >= MAX_SEGMENTS:
            raise Refused(STREAM_DAMAGED, segment=index)
        try:
            return self._open(self._nonce(index, last), segment, self.header)
        except InvalidTag:
            raise Refused(STREAM_DAMAGED, segment=index) from None

    def _nonce(self, index: int, last: bool) -> bytes:
        return self._prefix + index.to_bytes(4) + (b"\x01" if last else b"\x00")


def begin(key: bytes, prefix: bytes, profile: Profile, segment_size: int = SEGMENT) -> Stream:
    """A new stream: `key` 32 random bytes never used before, `prefix` 7 random bytes.

    `segment_size` is a power of two from 4 KiB to 1 MiB.
    """
    assert len(key) == KEY_SIZE, "a data key has 32 bytes"
    assert len(prefix) == PREFIX_SIZE, "a nonce prefix has 7 bytes"
    log2 = segment_size.bit_length() - 1
    assert segment_size == 1 << log2, "a segment size is a power of two"
    assert _SMALLEST <= log2 <= _LARGEST, "a segment size lies between 4 KiB and 1 MiB"
    cipher = _CIPHERS[profile.name]
    parameters = _MAGIC + bytes([cipher.number, log2]) + prefix + bytes(2)
    return _keyed(parameters, key, cipher)


def resume(header: bytes, key: bytes, profile: Profile) -> Stream:
    """The stream with that header (its first 48 bytes); refuses another profile's, and another data key."""
    require(len(header) == HEADER_SIZE, BAD_STREAM, why="it is shorter than its header")
    require(header[:5] == _MAGIC, BAD_STREAM, why="it has another format or a newer version")
    cipher = _CIPHERS[profile.name]
    require(
        header[5] == cipher.number, BAD_STREAM, why=f"its cipher is not that of the {profile.name} profile"
    )
    require(_SMALLEST <= header[6] <= _LARGEST, BAD_STREAM, why="its segment size is out of range")
    require(header[14:16] == bytes(2), BAD_STREAM, why="reserved bytes are not zero")
    require(len(key) == KEY_SIZE, WRONG_DATA_KEY)
    stream = _keyed(header[:_PARAMETERS_SIZE], key, cipher)
    require(stream.header == header, WRONG_DATA_KEY)
    return stream


def _keyed(parameters: bytes, key: bytes, cipher: _SegmentCipher) -> Stream:
    derived = HKDF(cipher.hash(), 32 + cipher.key_size, parameters, _LABEL).derive(key)
    seal, unseal = cipher.keyed(derived[32:])
    return Stream(parameters + derived[:32], 1 << parameters[6], parameters[7:14], seal, unseal)


def encrypt(stream: Stream, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The ciphertext, header first, of content that arrives in chunks of any size."""
    yield stream.header
    for index, (content, last) in enumerate(_segments(chunks, stream.segment_size)):
        require(index < MAX_SEGMENTS, BAD_STREAM, why="the content is too long for its segment size")
        yield stream.seal(index, last, content)


def decrypt(chunks: Iterable[bytes], key: bytes, profile: Profile) -> Iterator[bytes]:
    """The content of a whole ciphertext, segment by segment, each verified before it is given.

    Only after the iterator ends without a refusal is the content known to be complete.
    """
    source = _Buffer(chunks)
    stream = resume(source.take(HEADER_SIZE), key, profile)
    for index, (segment, last) in enumerate(_segments(source.rest(), stream.segment_size + TAG_SIZE)):
        yield stream.open(index, last, segment)


@dataclass(frozen=True, slots=True)
class Window:
    """Where a range of content lies in the ciphertext.

    Ciphertext bytes `start` to `stop` (not included) hold the whole segments from `first` on; `last`
    says whether the stream ends with them; of their content, `skip` bytes then `take` bytes count.
    """

    first: int
    start: int
    stop: int
    last: bool
    skip: int
    take: int


def window(start: int, stop: int, size: int, segment_size: int = SEGMENT) -> Window:
    """The window for content bytes `start` to `stop` (not included) of a content of `size` bytes."""
    require(0 <= start <= stop <= size, BAD_RANGE, start=start, stop=stop, size=size)
    final = max(0, -(-size // segment_size) - 1)
    first = min(start // segment_size, final)
    until = max(first, -(-stop // segment_size) - 1)
    sealed = segment_size + TAG_SIZE
    return Window(
        first=first,
        start=HEADER_SIZE + first * sealed,
        stop=min(HEADER_SIZE + (until + 1) * sealed, ciphertext_size(size, segment_size)),
        last=until == final,
        skip=start - first * segment_size,
        take=stop - start,
    )


def decrypt_window(stream: Stream, chunks: Iterable[bytes], where: Window) -> Iterator[bytes]:
    """The content of a range, from the ciphertext bytes of its window, each segment verified.

    Refuses ciphertext that ends early or goes on behind the window.
    """
    index, skip, take = where.first, where.skip, where.take
    expected = where.stop - where.start
    for segment, at_end in _segments(chunks, stream.segment_size + TAG_SIZE):
        expected -= len(segment)
        require((expected == 0) if at_end else (expected > 0), STREAM_DAMAGED, segment=index)
        content = stream.open(index, at_end and where.last, segment)[skip : skip + take]
        skip, take, index = 0, take - len(content), index + 1
        if content:
            yield content


def ciphertext_size(size: int, segment_size: int = SEGMENT) -> int:
    """Bytes of ciphertext, header included, for a content of `size` bytes."""
    return HEADER_SIZE + size + TAG_SIZE * max(1, -(-size // segment_size))


def content_size(ciphertext: int, segment_size: int = SEGMENT) -> int:
    """Bytes of content in a ciphertext of that many bytes; refuses a size that no ciphertext has."""
    body = ciphertext - HEADER_SIZE
    segments = max(1, -(-body // (segment_size + TAG_SIZE)))
    size = body - segments * TAG_SIZE
    sound = size >= 0 and ciphertext_size(size, segment_size) == ciphertext
    require(sound, BAD_STREAM, why=f"no content encrypts to {ciphertext} bytes")
    return size


def _segments(chunks: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """The same bytes cut into pieces of `size`, with whether each is the last; at least one piece."""
    held = bytearray()
    for chunk in chunks:
        if len(held) + len(chunk) <= size:
            held += chunk
            continue
        view, at = memoryview(held + chunk if held else chunk), 0
        while len(view) - at > size:  # a full piece is the last unless a byte follows
            yield bytes(view[at : at + size]), False
            at += size
        held = bytearray(view[at:])
    yield bytes(held), True


class _Buffer:
    """Takes a first piece off an iterable of chunks and gives the rest."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._held = b""

    def take(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end."""
        while len(self._held) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._held += chunk
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    def rest(self) -> Iterator[bytes]:
        """What was not taken."""
        yield self._held
        yield from self._chunks
