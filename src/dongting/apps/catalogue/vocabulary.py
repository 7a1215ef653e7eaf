"""The closed vocabularies of a dataset's description, each code with its name in English and Chinese.

Sources: EU Publications Office authority tables *frequency* and *data-theme* (as DCAT-AP 3.0 names them);
CSVW datatypes (W3C Tabular Metadata, 5.11.1); the sharing and opening attributes of government data
(State Council Decree 809, 2025, and the catalogue guide that it builds on); GB/T 43697-2024, 6.1 and annex H.
Codes are append-only: one that was once issued is never reused.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta

from dongting.appkit.fields import Text


def _choice(names: Mapping[str, Text]) -> Any:
    """The kind of a field that takes one of a few codes, with the names under which people choose."""
    return Meta(extra={"kind": "choice", "names": names})


def _named(**names: tuple[str, str]) -> dict[str, Text]:
    return {code.lstrip("_").replace("__", "-"): Text(en=en, zh=zh) for code, (en, zh) in names.items()}


FREQUENCIES: Mapping[str, Text] = {
    "UPDATE_CONT": Text(en="continuously updated", zh="持续更新"),
    "CONT": Text(en="continuous", zh="连续"),
    "1MIN": Text(en="every minute", zh="每分钟"),
    "5MIN": Text(en="every five minutes", zh="每五分钟"),
    "10MIN": Text(en="every ten minutes", zh="每十分钟"),
    "15MIN": Text(en="every fifteen minutes", zh="每十五分钟"),
    "30MIN": Text(en="every thirty minutes", zh="每三十分钟"),
    "HOURLY": Text(en="hourly", zh="每小时"),
    "BIHOURLY": Text(en="every two hours", zh="每两小时"),
    "TRIHOURLY": Text(en="every three hours", zh="每三小时"),
    "12HRS": Text(en="every twelve hours", zh="每十二小时"),
    "DAILY_2": Text(en="twice a day", zh="每日两次"),
    "DAILY": Text(en="daily", zh="每日"),
    "WEEKLY_3": Text(en="three times a week", zh="每周三次"),
    "WEEKLY_2": Text(en="twice a week", zh="每周两次"),
    "WEEKLY": Text(en="weekly", zh="每周"),
    "BIWEEKLY": Text(en="every two weeks", zh="每两周"),
    "MONTHLY_3": Text(en="three times a month", zh="每月三次"),
    "MONTHLY_2": Text(en="twice a month", zh="每月两次"),
    "MONTHLY": Text(en="monthly", zh="每月"),
    "BIMONTHLY": Text(en="every two months", zh="每两个月"),
    "QUARTERLY": Text(en="quarterly", zh="每季度"),
    "ANNUAL_3": Text(en="three times a year", zh="每年三次"),
    "ANNUAL_2": Text(en="twice a year", zh="每半年"),
    "ANNUAL": Text(en="annual", zh="每年"),
    "BIENNIAL": Text(en="every two years", zh="每两年"),
    "TRIENNIAL": Text(en="every three years", zh="每三年"),
    "QUADRENNIAL": Text(en="every four years", zh="每四年"),
    "QUINQUENNIAL": Text(en="every five years", zh="每五年"),
    "DECENNIAL": Text(en="every ten years", zh="每十年"),
    "IRREG": Text(en="irregular", zh="不定期"),
    "AS_NEEDED": Text(en="as needed", zh="按需"),
    "NOT_PLANNED": Text(en="no update planned", zh="暂无更新计划"),
    "NEVER": Text(en="never", zh="不更新"),
    "OTHER": Text(en="other", zh="其他"),
    "UNKNOWN": Text(en="unknown", zh="未知"),
}
#: How often a dataset is updated (dct:accrualPeriodicity).
Frequency = Annotated[
    Literal[
        "UPDATE_CONT", "CONT", "1MIN", "5MIN", "10MIN", "15MIN", "30MIN", "HOURLY", "BIHOURLY", "TRIHOURLY",
        "12HRS", "DAILY_2", "DAILY", "WEEKLY_3", "WEEKLY_2", "WEEKLY", "BIWEEKLY", "MONTHLY_3", "MONTHLY_2",
        "MONTHLY", "BIMONTHLY", "QUARTERLY", "ANNUAL_3", "ANNUAL_2", "ANNUAL", "BIENNIAL", "TRIENNIAL",
        "QUADRENNIAL", "QUINQUENNIAL", "DECENNIAL", "IRREG", "AS_NEEDED", "NOT_PLANNED", "NEVER", "OTHER",
        "UNKNOWN",
    ],
    _choice(FREQUENCIES),
]  # fmt: skip

THEMES: Mapping[str, Text] = _named(
    AGRI=("agriculture, fisheries, forestry and food", "农业、渔业、林业与食品"),
    ECON=("economy and finance", "经济与金融"),
    EDUC=("education, culture and sport", "教育、文化与体育"),
    ENER=("energy", "能源"),
    ENVI=("environment", "生态环境"),
    GOVE=("government and public sector", "政府与公共部门"),
    HEAL=("health", "卫生健康"),
    INTR=("international issues", "国际事务"),
    JUST=("justice, legal system and public safety", "司法、法律与公共安全"),
    REGI=("regions and cities", "区域与城市"),
    SOCI=("population and society", "人口与社会"),
    TECH=("science and technology", "科学与技术"),
    TRAN=("transport", "交通运输"),
)
#: What a dataset is about (dcat:theme).
Theme = Annotated[
    Literal[
        "AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "REGI", "SOCI", "TECH", "TRAN"
    ],
    _choice(THEMES),
]

SHARING_ATTRIBUTES: Mapping[str, Text] = _named(
    unconditional=("shared without conditions", "无条件共享"),
    conditional=("shared under conditions", "有条件共享"),
    not__shared=("not shared", "不予共享"),
)
#: Whether other departments may have a dataset.
Sharing = Annotated[Literal["unconditional", "conditional", "not-shared"], _choice(SHARING_ATTRIBUTES)]

OPENING_ATTRIBUTES: Mapping[str, Text] = _named(
    unconditional=("open without conditions", "无条件开放"),
    conditional=("open under conditions", "有条件开放"),
    not__open=("not open", "不予开放"),
)
#: Whether the public may have a dataset.
Opening = Annotated[Literal["unconditional", "conditional", "not-open"], _choice(OPENING_ATTRIBUTES)]

GRADES: Mapping[str, Text] = _named(
    general__1=("general data, level 1", "一般数据 1 级"),
    general__2=("general data, level 2", "一般数据 2 级"),
    general__3=("general data, level 3", "一般数据 3 级"),
    general__4=("general data, level 4", "一般数据 4 级"),
    important=("important data", "重要数据"),
    core=("core data", "核心数据"),
    state__secret=("state secret", "国家秘密"),
)
#: The security grade of a dataset. The last two can be named so that they can be refused plainly.
Grade = Annotated[
    Literal["general-1", "general-2", "general-3", "general-4", "important", "core", "state-secret"],
    _choice(GRADES),
]

COLUMN_TYPES: Mapping[str, Text] = _named(
    string=("text", "文本"),
    integer=("whole number", "整数"),
    decimal=("decimal number", "小数"),
    boolean=("true or false", "布尔值"),
    date=("day", "日期"),
    time=("time of day", "时刻"),
    datetime=("day and time", "日期时间"),
)
#: The type of a column's values.
ColumnType = Annotated[
    Literal["string", "integer", "decimal", "boolean", "date", "time", "datetime"], _choice(COLUMN_TYPES)
]

DISTRIBUTIONS: Mapping[str, Text] = _named(
    file=("file", "文件"),
    api=("service interface", "接口"),
    table=("database table", "库表"),
    stream=("stream", "数据流"),
    query=("query", "查询"),
)
#: How a version can be had (dcat:Distribution; a dcat:DataService for the last four, which follow later).
DistributionKind = Annotated[Literal["file", "api", "table", "stream", "query"], _choice(DISTRIBUTIONS)]
