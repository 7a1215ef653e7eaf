"""Check a unified social credit code (GB 32100-2015, clauses 4 and 5; GB 11714-1997, clause 3).

Only the exact upper-case form passes, so that one organisation has one code.
"""

from dataclasses import dataclass

from dongting.errors import Code, require

#: The characters by value, 0 to 30: digits and capitals without I, O, S, V, Z (table 2).
CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
#: The weights of positions 1 to 17: powers of 3 modulo 31 (table 3).
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
#: The weights of an organisation code's eight characters (GB 11714-1997, clause 3.3).
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
#: The characters of an organisation code by value, 0 to 35.
ORGANISATION_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

BAD_LENGTH = Code(
    "uscc", 1, "bad-length",
    "A unified social credit code has 18 characters and this one has {length}; copy it from the certificate.",
    "统一社会信用代码应为 18 位，此处为 {length} 位；请按证照抄录。",
)  # fmt: skip
BAD_CHARACTER = Code(
    "uscc", 2, "bad-character",
    "Character {position} of the code is {character}; only digits and capitals without I, O, S, V, Z occur.",
    "代码第 {position} 位为 {character}；只能使用数字和除 I、O、S、V、Z 以外的大写字母。",
)  # fmt: skip
BAD_REGION = Code(
    "uscc", 3, "bad-region",
    "Characters 3 to 8 of the code are {region}; they must be the six digits of a region (GB/T 2260).",
    "代码第 3 至 8 位为 {region}；应为六位行政区划数字（GB/T 2260）。",
)  # fmt: skip
BAD_ORGANISATION = Code(
    "uscc", 4, "bad-organisation",
    "Characters 9 to 17 of the code ({organisation}) are not a valid organisation code; compare each one.",
    "代码第 9 至 17 位（{organisation}）不是有效的组织机构代码；请逐位核对。",
)  # fmt: skip
BAD_CHECK = Code(
    "uscc", 5, "bad-check",
    "The last character of the code does not fit the others; a character is wrong or two are swapped.",
    "代码末位校验码不符；有字符错误或两位颠倒，请核对。",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CreditCode:
    """The parts of a code that passed every check; `region` is that of the registration authority."""

    code: str
    authority: str
    category: str
    region: str
    organisation: str


def check_character(first17: str) -> str:
    """The 18th character for the first 17 (clause 5: modulus 31, weights 3^(i-1) modulo 31)."""
    total = sum(CHARACTERS.index(c) * weight for c, weight in zip(first17, WEIGHTS, strict=True))
    return CHARACTERS[-total % 31]


def organisation_check_character(first8: str) -> str:
    """The 9th character of an organisation code (GB 11714-1997, clause 3.3: 11 - sum mod 11; 10 is X)."""
    values = (ORGANISATION_CHARACTERS.index(c) for c in first8)
    total = sum(value * weight for value, weight in zip(values, ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def check(code: str) -> CreditCode:
    """The parts of the code; refuses one that breaks the structure or either check character."""
    require(len(code) == 18, BAD_LENGTH, length=len(code))
    for position, character in enumerate(code, 1):
        require(character in CHARACTERS, BAD_CHARACTER, position=position, character=repr(character))
    region, organisation = code[2:8], code[8:17]
    require(all(digit in "0123456789" for digit in region), BAD_REGION, region=region)
    good = organisation_check_character(organisation[:8]) == organisation[8]
    require(good, BAD_ORGANISATION, organisation=organisation)
    require(check_character(code[:17]) == code[17], BAD_CHECK)
    return CreditCode(code, code[0], code[1], region, organisation)
