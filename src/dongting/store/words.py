"""Text to search terms: Chinese as overlapping bigrams, everything else as words.

Scripts written without spaces are cut into overlapping pairs of characters, and the last character of
each run stands alone as well, so that a pair is found by itself, a longer run as a phrase of its pairs,
and a single character as the beginning of a term. Both databases index these terms and split nothing
themselves, so they find the same. A term holds letters and digits only, never query syntax.
"""

import re
import unicodedata
from dataclasses import dataclass
from operator import add

#: More characters than this of one record are not searched.
MAX_TEXT = 20_000
#: More characters and terms than these of one query are not looked for.
MAX_QUERY = 200
MAX_TERMS = 16
_MAX_WORD = 64
#: Shorter words are found whole, longer ones also as the beginning of a word (`dataset` finds `datasets`).
_MIN_PREFIX = 3

# Scripts without spaces between words: kana, bopomofo, Han with all its extensions (planes 2 and 3 hold
# nothing else, also where this Python does not know them yet), Hangul, Thai, Lao, Myanmar, Khmer.
_UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u1049\u1100-\u11ff\u1780-\u17d3"
    "\u3005-\u3007\u3021-\u3029\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\U00020000-\U0003fffd"
)
_RUNS = re.compile(f"([{_UNSPACED}]+)|([^\\W_{_UNSPACED}]+)")
_LATIN = re.compile("[0-9a-z]+")
_MARKS = re.compile("[\u0300-\u036f]")
# Characters that folding leaves alone, or of which no term is made: most texts in Chinese have no others.
_FOLDED = re.compile("[\0-\x7f\u3001-\u3011\u4e00-\u9fff\uff08\uff09\uff0c\uff1a\uff1b\uff1f]*")


@dataclass(frozen=True, slots=True)
class Term:
    """What a query looks for: these terms, one after the other; `prefix` when the last may go on."""

    words: tuple[str, ...]
    prefix: bool = False


def fold(text: str) -> str:
    """Full width to half width (NFKC), capitals to small letters, Latin letters without accents."""
    if _FOLDED.fullmatch(text):
        return text.lower()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", folded)))


def words(text: str) -> list[str]:
    """The terms under which a text is indexed, in its order."""
    if text.isascii():
        return [word[:_MAX_WORD] for word in _LATIN.findall(text[:MAX_TEXT].lower())]
    found: list[str] = []
    for run, word in _RUNS.findall(fold(text[:MAX_TEXT])):
        if run:
            found.extend(map(add, run, run[1:]))
            found.append(run[-1])
        else:
            found.append(word[:_MAX_WORD])
    return found


def terms(text: str) -> list[Term]:
    """What a query in a person's words looks for; all of it must be found. Empty when nothing is said."""
    found: dict[Term, None] = {}
    for run, word in _RUNS.findall(fold(text[:MAX_QUERY])):
        if word:
            term = Term((word[:_MAX_WORD],), len(word) >= _MIN_PREFIX)
        elif len(run) == 1:
            term = Term((run,), True)
        else:
            term = Term(tuple(run[i : i + 2] for i in range(len(run) - 1)))
        found[term] = None
    return list(found)[:MAX_TERMS]
