"""Why a webhook is not taken, and why a message did not arrive; the numbers are stable for ever."""

from dongting.errors import Code, Refused
from dongting.node.outward import BAD_ADDRESS, PRIVATE_ADDRESS, UNREACHABLE

NO_HOOK = Code(
    "hooks", 4, "no-such-webhook",
    "There is no webhook {id} of yours; GET /v1/webhooks lists them.",
    "贵单位没有编号为 {id} 的 webhook；GET /v1/webhooks 列出全部。",
    status=404,
)  # fmt: skip
TOO_MANY_HOOKS = Code(
    "hooks", 5, "too-many-webhooks",
    "An organisation has at most {limit} webhooks; remove one first.",
    "每个单位最多 {limit} 个 webhook；请先删除一个。",
    status=409,
)  # fmt: skip
BAD_SECRET = Code(
    "hooks", 6, "bad-secret",
    "A secret is whsec_ and base64 of 24 to 64 bytes, for DingTalk the robot's own SEC…, for WeCom none; "
    "leave it out to have one drawn.",
    "密钥应为 whsec_ 加 24 至 64 字节的 base64；钉钉使用机器人自带的 SEC…；企业微信不需要。留空则自动生成。",
)  # fmt: skip
NO_DELIVERY = Code(
    "hooks", 7, "no-such-delivery",
    "There is no delivery {number} of this webhook any more; delivered ones are kept for {days} days.",
    "此 webhook 没有编号为 {number} 的投递；已送达的记录保留 {days} 天。",
    status=404,
)  # fmt: skip
NOT_ROTATED = Code(
    "hooks", 8, "secret-is-the-robots",
    "The secret of a robot is its maker's; change it there, then here with PATCH.",
    "机器人的密钥由其平台管理；请在平台更换后，再用 PATCH 更新。",
    status=409,
)  # fmt: skip
UNKNOWN_NAME = Code(
    "hooks", 9, "unknown-type-or-action",
    "There is no record type or action {name}; /v1/actions lists them.",
    "没有名为 {name} 的记录类型或操作；/v1/actions 列出全部。",
)  # fmt: skip
ANSWERED = Code(
    "hooks", 10, "receiver-refused",
    "The receiver answered {status} instead of 200; look into its log.",
    "接收方返回 {status} 而不是 200；请查看其日志。",
    status=502,
)  # fmt: skip
REDIRECTED = Code(
    "hooks", 11, "redirected",
    "The receiver redirects elsewhere ({status}), which is not followed; give the final address.",
    "接收方要求重定向（{status}），系统不会跟随；请填写最终地址。",
    status=502,
)  # fmt: skip
ROBOT_REFUSED = Code(
    "hooks", 12, "robot-refused",
    "The robot refused the message: errcode {errcode} ({errmsg}); compare its security settings.",
    "机器人拒绝了消息：errcode {errcode}（{errmsg}）；请核对其安全设置。",
    status=502,
)  # fmt: skip
GONE = Code(
    "hooks", 13, "receiver-gone",
    "The receiver answered 410: it wants no more messages, so the webhook is closed; PATCH its state to "
    "open it.",
    "接收方返回 410，表示不再接收，webhook 已关闭；可用 PATCH 重新启用。",
    status=502,
)  # fmt: skip
OVERFLOW = Code(
    "hooks", 14, "too-many-waiting",
    "{limit} messages wait already; this one was set aside. Repair the receiver, then replay it.",
    "等待投递的消息已达 {limit} 条，此条已搁置；请修复接收方后重新投递。",
    status=502,
)  # fmt: skip
VANISHED = Code(
    "hooks", 15, "message-gone",
    "There is nothing to send any more: what it told of was removed.",
    "已无可发送的内容：所涉信息已被移除。",
    status=410,
)  # fmt: skip

#: Why a message did not arrive, by the name under which a delivery keeps it.
_REASONS = {
    code.name: code
    for code in (
        BAD_ADDRESS, PRIVATE_ADDRESS, UNREACHABLE, ANSWERED, REDIRECTED, ROBOT_REFUSED, GONE, OVERFLOW,
        VANISHED,
    )
}  # fmt: skip


def reason(name: str, facts: dict[str, str | int]) -> Refused:
    """The refusal that a delivery keeps by name and facts."""
    return Refused(_REASONS[name], **facts)
