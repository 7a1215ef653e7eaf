"""What people read for choices that an application names by their codes only."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, get_args, get_origin

from dongting.appkit.shapes import Pair, Shape

_NAMES: Mapping[str, Pair] = {
    "government": ("government department", "政府部门"),
    "enterprise": ("enterprise", "企业"),
    "association": ("industry association", "行业协会"),
    "university": ("university", "高校"),
    "research": ("research institute", "科研院所"),
    "investor": ("investor", "投资机构"),
    "park": ("industrial park", "产业园区"),
    "provider": ("service provider", "服务机构"),
    "team": ("team vouched for by a member", "由成员担保的团队"),
    "founder": ("founder", "发起方"),
    "supervisor": ("supervisor", "监督方"),
    "registrar": ("registrar", "登记方"),
    "compromised": ("compromised", "已泄露"),
    "retired": ("no longer used", "停用"),
    "rotated": ("replaced by another", "已轮换"),
    "recovered": ("replaced by the founders", "已由发起方恢复"),
    "majority": ("more than half", "过半数"),
    "two-thirds": ("two thirds or more", "三分之二以上"),
    "answer-days": ("working days to answer a request", "答复申请的工作日数"),
    "delivery-days": ("working days to deliver", "交付数据的工作日数"),
    "unlawful-content": ("unlawful content", "违法内容"),
    "personal-data": ("personal data", "个人信息"),
    "state-secret": ("state secret", "国家秘密"),
    "court-order": ("court order", "法院裁定"),
    "for": ("for", "赞成"),
    "against": ("against", "反对"),
    "active": ("in good standing", "正常"),
    "suspended": ("suspended", "已暂停"),
    "expelled": ("expelled", "已除名"),
    "merged": ("merged into another", "已并入其他组织"),
    "split": ("split up", "分立"),
    "merger": ("merger", "合并"),
    "revoked": ("revoked", "已撤销"),
}


@lru_cache(4096)
def names_of_choice(found: Shape) -> Mapping[str, Pair]:
    """The names of a choice's codes, as its application or this table gives them; else the code itself."""
    if get_origin(found.base) is not Literal:
        return found.names
    codes = [str(code) for code in get_args(found.base)]
    return {code: found.names.get(code) or _NAMES.get(code, (code, code)) for code in codes}
