"""Why something that two people have to sign is not signed; the numbers are stable for ever."""

from dongting.errors import Code

NEEDS_SECOND = Code(
    "signoffs", 1, "needs-second-person",
    "{organisation} has two people sign {action}. One signs it off on the page of the action or by "
    "`POST /v1/act/{action}`, another confirms it at /sign-offs.",
    "{organisation} 要求 {action} 由两人签署：一人在操作页面或通过 `POST /v1/act/{action}` 初签，"
    "另一人在 /sign-offs 复核。",
    status=403,
)  # fmt: skip
NO_SUCH_SIGN_OFF = Code(
    "signoffs", 2, "no-such-sign-off",
    "Nothing of that id waits for a second person at your organisation; look at /sign-offs.",
    "贵单位没有该编号的待复核事项；请查看 /sign-offs。",
    status=404,
)  # fmt: skip
SAME_PERSON = Code(
    "signoffs", 3, "same-person",
    "You signed this off yourself, or by the same person's roles; somebody else has to confirm it.",
    "初签由您本人或凭同一人的角色作出；须由另一人复核。",
    status=403,
)  # fmt: skip
NOT_WAITING = Code(
    "signoffs", 4, "not-waiting",
    "This waits no more for a second person: it is {state}. Sign it off anew if it is still wanted.",
    "该事项已不在待复核状态（{state}）。如仍需要，请重新初签。",
    status=409,
)  # fmt: skip
OTHERWISE_NOW = Code(
    "signoffs", 5, "otherwise-now",
    "What would be signed now is not what was signed off: something changed meanwhile. Reject it, "
    "and have it signed off anew.",
    "现在将签署的内容与初签内容不同：账本期间发生了变化。请退回后重新初签。",
    status=409,
)  # fmt: skip
BAD_RULE = Code(
    "signoffs", 6, "bad-rule",
    "{action} is no action that people can have signed here; /v1/actions lists all.",
    "{action} 不是可签署的操作；全部操作见 /v1/actions。",
)  # fmt: skip
FIRST_GONE = Code(
    "signoffs", 7, "first-person-gone",
    "Whoever signed this off may not do it any more; reject it, and have it signed off anew.",
    "初签人已无权执行此操作；请退回后由有权人员重新初签。",
    status=409,
)  # fmt: skip
BAD_REASON = Code(
    "signoffs", 8, "bad-reason",
    "Say why in 1 to 500 characters.",
    "请用 1 至 500 个字符说明原因。",
)  # fmt: skip
WAITS_ALREADY = Code(
    "signoffs", 9, "waits-already",
    "Somebody signed off the same already; look at it and confirm it at /sign-offs/{id}.",
    "已有人初签相同内容；请在 /sign-offs/{id} 核对并复核。",
    status=409,
)  # fmt: skip
NOT_THE_FIRST = Code(
    "signoffs", 10, "not-the-first-person",
    "Only the person who signed this off can withdraw it; reject it instead.",
    "只有初签人可以撤回；您可以将其退回。",
    status=403,
)  # fmt: skip
