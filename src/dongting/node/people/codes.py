"""Why a person is turned away; the numbers are stable for ever."""

from dongting.errors import Code

NOT_SIGNED_IN = Code(
    "people", 1, "not-signed-in",
    "You are not signed in, or your session has ended; sign in and try again.",
    "您尚未登录，或会话已结束；请登录后重试。",
    status=401,
)  # fmt: skip
SIGN_IN_FAILED = Code(
    "people", 2, "sign-in-failed",
    "Sign-in name and password do not belong together; check both, or ask your administrator for a new link.",
    "登录名与密码不匹配；请核对后重试，或向管理员索取新的链接。",
    status=401,
)  # fmt: skip
LOCKED_OUT = Code(
    "people", 3, "locked-out",
    "Too many attempts failed; wait {wait} seconds, then try again.",
    "失败次数过多；请等待 {wait} 秒后再试。",
    status=429,
)  # fmt: skip
NOT_ALLOWED = Code(
    "people", 4, "not-allowed",
    "Your roles at this organisation do not allow this ({permission}); ask its administrator.",
    "您在本组织的角色不允许此操作（{permission}）；请联系管理员。",
    status=403,
)  # fmt: skip
CROSS_SITE = Code(
    "people", 5, "cross-site-request",
    "This form was not sent from a page of this site, or that page is too old; open the page again and send "
    "it from there.",
    "此表单并非由本站页面提交，或页面已过期；请重新打开页面后提交。",
    status=403,
)  # fmt: skip
BAD_LINK = Code(
    "people", 6, "bad-link",
    "This link was used, has run out, or never existed; ask for a new one.",
    "此链接已使用、已过期或不存在；请索取新的链接。",
    status=410,
)  # fmt: skip
BAD_LOGIN = Code(
    "people", 7, "bad-sign-in-name",
    "A sign-in name has 2 to 64 of a-z, 0-9 and . _ - @ +; choose another.",
    "登录名由 2 至 64 个 a-z、0-9 及 . _ - @ + 字符组成；请重新选择。",
)  # fmt: skip
LOGIN_TAKEN = Code(
    "people", 8, "sign-in-name-taken",
    "This sign-in name is in use here; choose another, or sign in with it.",
    "此登录名已被使用；请另选一个，或用它登录。",
    status=409,
)  # fmt: skip
WEAK_PASSWORD = Code(
    "people", 9, "weak-password",
    "A password has 12 to 256 characters, is not your name, and is not one that everybody tries first; "
    "choose a longer phrase.",
    "密码应为 12 至 256 个字符，不得与姓名或登录名相同，也不得是常见密码；请选用更长的短语。",
)  # fmt: skip
BAD_NAME = Code(
    "people", 10, "bad-name",
    "A name has 1 to 80 characters in one line; change it.",
    "姓名应为单行 1 至 80 个字符；请修改。",
)  # fmt: skip
BAD_ROLES = Code(
    "people", 11, "bad-roles",
    "Choose at least one of: {known}.",
    "请至少选择一个角色：{known}。",
)  # fmt: skip
NO_SUCH_PERSON = Code(
    "people", 12, "no-such-person",
    "There is no such person at this organisation; look at the list of its people.",
    "本组织没有此人；请查看人员列表。",
    status=404,
)  # fmt: skip
LAST_ADMINISTRATOR = Code(
    "people", 13, "last-administrator",
    "An organisation keeps at least one administrator; make somebody else administrator first.",
    "组织至少保留一名管理员；请先指定其他管理员。",
    status=409,
)  # fmt: skip
NOT_YOURS = Code(
    "people", 14, "not-your-organisation",
    "You do not act for {organisation} here; choose one of your own.",
    "您在此不代表 {organisation}；请选择您所属的组织。",
    status=403,
)  # fmt: skip
SHARED_PERSON = Code(
    "people", 15, "person-of-several",
    "This person also acts for another organisation, so one administrator alone cannot give a new password; "
    "the node's operator can, with `dongting people reset-link`.",
    "此人还代表其他组织，单个组织的管理员不能为其重设密码；"
    "节点运维人员可用 `dongting people reset-link` 重设。",
    status=409,
)  # fmt: skip
NOT_HOSTED = Code(
    "people", 16, "not-hosted",
    "This node holds no keys of {organisation}; make them with `dongting --as {organisation} keys new`.",
    "本节点没有 {organisation} 的密钥；请用 `dongting --as {organisation} keys new` 生成。",
    status=404,
)  # fmt: skip
WRONG_PASSWORD = Code(
    "people", 17, "wrong-password",
    "The present password is not right; type it again.",
    "当前密码不正确；请重新输入。",
    status=403,
)  # fmt: skip
BAD_KEY = Code(
    "people", 19, "bad-api-key",
    "This API key is unknown, was revoked or has run out, or its person no longer acts here; make another.",
    "此 API 密钥未知、已撤销或已过期，或其持有人已不在此任职；请另行创建。",
    status=401,
)  # fmt: skip
BAD_SCOPES = Code(
    "people", 20, "bad-scopes",
    "A key may at most what you may yourself: {known}. Choose among these.",
    "密钥权限不得超出您本人的权限：{known}。请从中选择。",
)  # fmt: skip
BAD_LIFETIME = Code(
    "people", 21, "bad-lifetime",
    "A key lasts from 1 to 366 days; choose a number between.",
    "密钥有效期为 1 至 366 天；请填写其间的天数。",
)  # fmt: skip
NO_SUCH_KEY = Code(
    "people", 22, "no-such-api-key",
    "There is no such key of yours here; look at the list of keys.",
    "没有此密钥；请查看密钥列表。",
    status=404,
)  # fmt: skip
NEEDS_PERSON = Code(
    "people", 23, "needs-person",
    "Only a person can do this: sign in, or send an API key of a person.",
    "此操作只能由个人执行：请登录，或使用个人的 API 密钥。",
    status=403,
)  # fmt: skip
BAD_RECOVERY = Code(
    "people", 24, "bad-recovery-code",
    "Sign-in name and recovery code do not belong together, or the code was used; try another.",
    "登录名与恢复码不匹配，或恢复码已使用；请换一个。",
    status=401,
)  # fmt: skip
BAD_APPLICATION = Code(
    "people", 25, "bad-application",
    "The application cannot be taken: {why_en}. Correct it and send it again.",
    "无法受理此申请：{why_zh}。请更正后重新提交。",
)  # fmt: skip
NO_SUCH_APPLICATION = Code(
    "people", 26, "no-such-application",
    "There is no such application here, or it was decided; look at the list of applications.",
    "没有此申请，或申请已处理；请查看申请列表。",
    status=404,
)  # fmt: skip
TOO_MANY_APPLICATIONS = Code(
    "people", 27, "too-many-applications",
    "Too many applications wait here; try again another day, or write to a registrar.",
    "待处理的申请过多；请改日再试，或联系登记机构。",
    status=429,
)  # fmt: skip
CANNOT_ADMIT = Code(
    "people", 28, "cannot-admit",
    "{organisation} is neither founder nor registrar for this kind and region; ask one that is.",
    "{organisation} 既非发起方，也不是该类型与区域的登记机构；请联系有权机构。",
    status=403,
)  # fmt: skip
BAD_PASSKEY = Code(
    "people", 29, "bad-passkey",
    "The passkey was not accepted; try again, or sign in with your password.",
    "通行密钥未被接受；请重试，或使用密码登录。",
    status=401,
)  # fmt: skip
NO_SUCH_PASSKEY = Code(
    "people", 30, "no-such-passkey",
    "You have no such passkey; look at the list on your account.",
    "您没有此通行密钥；请查看账户中的列表。",
    status=404,
)  # fmt: skip
BAD_EMAIL = Code(
    "people", 18, "bad-email",
    "This is not an e-mail address; correct it, or leave it empty.",
    "电子邮件地址无效；请更正或留空。",
)  # fmt: skip
