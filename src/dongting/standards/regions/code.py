"""Read a region code: its level, its parent, what it lies within (GB/T 2260-2007, clause 3).

A code padded with zeros means the same region as the shorter one; `check` gives the one short form.
"""

from itertools import pairwise
from typing import Literal, NamedTuple

from dongting.errors import Code, require

Level = Literal["nation", "province", "prefecture", "county", "township", "village"]

NATION = "100000"
ENDS = (0, 2, 4, 6, 9, 12)  # where the digits of each level end

BAD_REGION = Code(
    "regions", 1, "bad-region",
    "{region} is not a region code; give 6 digits (GB/T 2260), or 9 or 12 for a township or a village.",
    "{region} 不是行政区划代码；请填 6 位数字（GB/T 2260），乡级为 9 位、村级为 12 位。",
)  # fmt: skip


class Province(NamedTuple):
    """A province-level division: its two digits, and its name in Chinese and English."""

    prefix: str
    zh: str
    en: str


#: The province-level divisions by their first two digits (GB/T 2260-2007, table 1).
PROVINCES = {
    row[0]: Province(*row)
    for row in (
        ("11", "北京市", "Beijing"),
        ("12", "天津市", "Tianjin"),
        ("13", "河北省", "Hebei"),
        ("14", "山西省", "Shanxi"),
        ("15", "内蒙古自治区", "Inner Mongolia"),
        ("21", "辽宁省", "Liaoning"),
        ("22", "吉林省", "Jilin"),
        ("23", "黑龙江省", "Heilongjiang"),
        ("31", "上海市", "Shanghai"),
        ("32", "江苏省", "Jiangsu"),
        ("33", "浙江省", "Zhejiang"),
        ("34", "安徽省", "Anhui"),
        ("35", "福建省", "Fujian"),
        ("36", "江西省", "Jiangxi"),
        ("37", "山东省", "Shandong"),
        ("41", "河南省", "Henan"),
        ("42", "湖北省", "Hubei"),
        ("43", "湖南省", "Hunan"),
        ("44", "广东省", "Guangdong"),
        ("45", "广西壮族自治区", "Guangxi"),
        ("46", "海南省", "Hainan"),
        ("50", "重庆市", "Chongqing"),
        ("51", "四川省", "Sichuan"),
        ("52", "贵州省", "Guizhou"),
        ("53", "云南省", "Yunnan"),
        ("54", "西藏自治区", "Tibet"),
        ("61", "陕西省", "Shaanxi"),
        ("62", "甘肃省", "Gansu"),
        ("63", "青海省", "Qinghai"),
        ("64", "宁夏回族自治区", "Ningxia"),
        ("65", "新疆维吾尔自治区", "Xinjiang"),
        ("71", "台湾省", "Taiwan"),
        ("81", "香港特别行政区", "Hong Kong"),
        ("82", "澳门特别行政区", "Macao"),
    )
}


def _digits(code: str) -> str:
    """The significant digits: none for the nation, then 2, 4, 6, 9 or 12."""
    plain = len(code) in (6, 9, 12) and all(character in "0123456789" for character in code)
    require(plain, BAD_REGION, region=repr(code[:20]))
    groups = [code[start:end] for start, end in pairwise(ENDS) if start < len(code)]
    while groups and not groups[-1].strip("0"):
        groups.pop()
    if groups == [NATION[:2]]:
        return ""
    # Only the county may be missing inside: some cities, such as 441900, have townships but no counties.
    whole = groups and groups[0] in PROVINCES
    whole = whole and all(group.strip("0") or place == 2 for place, group in enumerate(groups))
    require(whole, BAD_REGION, region=repr(code))
    return "".join(groups)


def _code(digits: str) -> str:
    return digits.ljust(6, "0") if digits else NATION


def check(code: str) -> str:
    """The short form of a code (6, 9 or 12 digits); refuses one of another form or unknown province."""
    return _code(_digits(code))


def level(code: str) -> Level:
    """The level of the region."""
    levels: dict[int, Level] = {0: "nation", 2: "province", 4: "prefecture", 6: "county", 9: "township"}
    return levels.get(len(_digits(code)), "village")


def parent(code: str) -> str | None:
    """The code of the region one level up, or None for the nation.

    Prefecture codes that only group counties, such as 110100 or 429000, count as a level of their own.
    """
    if not _digits(code):
        return None
    return ([NATION, *path(code)])[-2]


def path(code: str) -> tuple[str, ...]:
    """The codes from the province down to the region itself; empty for the nation."""
    digits = _digits(code)
    spans = pairwise(ENDS)
    return tuple(_code(digits[:end]) for start, end in spans if digits[start:end].strip("0"))


def is_within(code: str, region: str) -> bool:
    """Whether the first region is the second or lies within it."""
    return _digits(code).startswith(_digits(region))


def province(code: str) -> Province | None:
    """The province of the region, or None for the nation."""
    return PROVINCES.get(_digits(code)[:2])
