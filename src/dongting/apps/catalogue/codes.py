"""Why the catalogue refuses; numbers are stable for ever."""

from dongting.errors import Code

ALREADY_PUBLISHED = Code(
    "catalogue", 1, "already-published",
    "A dataset called {id} exists already; choose another id, or revise that one if it is yours.",
    "编号为 {id} 的数据集已存在；请换一个编号，若该数据集属于本单位，请改用修订。",
    status=409,
)  # fmt: skip
NOT_PUBLISHER = Code(
    "catalogue", 2, "not-publisher",
    "{id} was published by {publisher}; only that organisation or its successor may do this.",
    "{id} 由 {publisher} 发布；只有该单位或其承继单位可以进行此操作。",
    status=403,
)  # fmt: skip
CORE_DATA = Code(
    "catalogue", 3, "core-data",
    "Core data may not be listed here; remove it and follow the procedure of your data security authority.",
    "核心数据不得在此编目；请撤回，并按数据安全主管部门规定的程序办理。",
)  # fmt: skip
STATE_SECRET = Code(
    "catalogue", 4, "state-secret",
    "State secrets may not be listed here; stop, and report to your secrecy administration.",
    "国家秘密不得在此编目；请立即停止操作，并报告本单位保密管理部门。",
)  # fmt: skip
LEGAL_BASIS_MISSING = Code(
    "catalogue", 5, "legal-basis-missing",
    "Sharing under conditions, or refusing to share, needs its legal basis: name the law, rule and article.",
    "有条件共享或不予共享须写明依据：请填写法律、法规、规章或国家规定的名称和条款。",
)  # fmt: skip
IMPORTANT_DATA_OPEN = Code(
    "catalogue", 6, "important-data-open",
    "Important data may not be open to the public without conditions; choose conditional or not-open.",
    "重要数据不得无条件向社会开放；请选择有条件开放或不予开放。",
)  # fmt: skip
NOT_THE_NEXT_VERSION = Code(
    "catalogue", 7, "not-the-next-version",
    "The next version of {id} is {expected}, not {given}; read the dataset again and send that number.",
    "{id} 的下一个版本号是 {expected}，不是 {given}；请重新读取该数据集后按此版本号提交。",
    status=409,
)  # fmt: skip
DISTRIBUTION_NOT_YET = Code(
    "catalogue", 8, "distribution-not-yet",
    "A version can be a file; {kind} is named but not served by this version. Offer a file.",
    "目前版本只能以文件提供；{kind} 已预留但尚未支持。请以文件方式提供。",
)  # fmt: skip
COLUMN_TWICE = Code(
    "catalogue", 9, "column-twice",
    "The column {name} is listed twice; give every column its own name.",
    "列 {name} 重复；请为每一列使用不同的名称。",
)  # fmt: skip
