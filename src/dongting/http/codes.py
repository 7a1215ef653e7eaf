"""Why a request is refused before it reaches the ledger; the numbers are stable for ever."""

from dongting.errors import Code

NOT_FOUND = Code(
    "http", 1, "not-found",
    "There is nothing at this address; /v1/openapi.json lists what there is.",
    "此地址没有内容；/v1/openapi.json 列出了全部接口。",
    status=404,
)  # fmt: skip
METHOD_NOT_ALLOWED = Code(
    "http", 2, "method-not-allowed",
    "{method} is not possible at this address; use {allowed}.",
    "此地址不支持 {method}；请使用 {allowed}。",
    status=405,
)  # fmt: skip
BAD_PATH = Code(
    "http", 3, "bad-path",
    "An address here has only letters, digits and . _ - ~ @ between single slashes, no escapes and no dot "
    "segments.",
    "此处的路径仅含字母、数字与 . _ - ~ @，以单个斜杠分隔，不含转义与点段。",
    status=400,
)  # fmt: skip
BAD_QUERY = Code(
    "http", 4, "bad-query",
    "The query is not well formed: {why}.",
    "查询串格式不正确：{why}。",
    status=400,
)  # fmt: skip
BAD_PARAMETER = Code(
    "http", 5, "bad-parameter",
    "The parameters of this request are not valid: {why}.",
    "请求参数无效：{why}。",
    status=400,
)  # fmt: skip
BAD_BODY = Code(
    "http", 6, "bad-body",
    "The body is not what this address takes: {why}.",
    "请求正文不符合此接口的要求：{why}。",
    status=400,
)  # fmt: skip
WRONG_MEDIA_TYPE = Code(
    "http", 7, "wrong-media-type",
    "This address takes {wanted}, not {given}; send it without a content coding.",
    "此接口接收 {wanted}，而不是 {given}；请勿使用内容编码。",
    status=415,
)  # fmt: skip
BODY_TOO_LARGE = Code(
    "http", 8, "body-too-large",
    "The body has more than the {limit} bytes that this address takes; send it in smaller pieces.",
    "请求正文超过此接口上限 {limit} 字节；请分成较小的部分发送。",
    status=413,
)  # fmt: skip
TOO_SLOW = Code(
    "http", 9, "too-slow",
    "The body did not arrive within {seconds} seconds; send it again, in smaller pieces.",
    "请求正文未能在 {seconds} 秒内到达；请分成较小的部分重新发送。",
    status=408,
)  # fmt: skip
HEADER_TOO_LARGE = Code(
    "http", 10, "header-too-large",
    "The header fields have more than {limit} bytes; send fewer.",
    "请求头超过 {limit} 字节；请减少请求头。",
    status=431,
)  # fmt: skip
BAD_HEADER = Code(
    "http", 11, "bad-header",
    "The field {field} is not well formed: {why}.",
    "字段 {field} 格式不正确：{why}。",
    status=400,
)  # fmt: skip
INTERNAL = Code(
    "http", 12, "internal-error",
    "The node made a mistake; nothing is known to have changed. Tell its operator the number {id}.",
    "节点内部出错，未知有任何更改。请将编号 {id} 告知运维人员。",
    status=500,
)  # fmt: skip
TOO_MANY_REQUESTS = Code(
    "http", 13, "too-many-requests",
    "You send more than {rate} requests a second; wait {wait} seconds.",
    "贵单位每秒请求数超过 {rate}；请等待 {wait} 秒。",
    status=429,
)  # fmt: skip
REPLAYED = Code(
    "http", 14, "replayed-request",
    "A request with this nonce was answered already; draw a new nonce and sign again.",
    "使用此 nonce 的请求已处理过；请使用新的 nonce 重新签名。",
    status=401,
)  # fmt: skip
WRONG_AUTHORITY = Code(
    "http", 15, "wrong-authority",
    "This node is not {given}; sign for the address that it is reached by ({known}), which its operator "
    "sets as http.public_url.",
    "本节点不是 {given}；请按其访问地址（{known}）签名，该地址由运维人员以 http.public_url 设置。",
    status=421,
)  # fmt: skip
NO_STANDING = Code(
    "http", 16, "no-standing",
    "{organisation} holds no role in this network at present; ask the founders to be readmitted.",
    "{organisation} 目前在本网络中没有任何角色；请向发起单位申请恢复资格。",
    status=403,
)  # fmt: skip
PROCESSING = Code(
    "http", 17, "processing",
    "Height {wanted} is being processed, lists have reached {height}; ask again in a moment.",
    "高度 {wanted} 正在处理中，列表当前到达 {height}；请稍后再试。",
    status=503,
)  # fmt: skip
NOT_READY = Code(
    "http", 18, "not-ready",
    "The node is not ready: {why}",
    "节点尚未就绪：{why}",
    status=503,
)  # fmt: skip
UNEXPECTED_BODY = Code(
    "http", 19, "unexpected-body",
    "This address takes no body; send the request without one.",
    "此接口不接收请求正文；请去掉正文后重新发送。",
    status=400,
)  # fmt: skip
BAD_MESSAGE = Code(
    "http", 20, "bad-message",
    "This is not an HTTP/1.1 request (RFC 9112); send it again with a proper client.",
    "这不是有效的 HTTP/1.1 请求（RFC 9112）；请使用正确的客户端重新发送。",
    status=400,
)  # fmt: skip
PRECONDITION_FAILED = Code(
    "http", 21, "precondition-failed",
    "This has changed since you read it: its validator is now {present}. Read it again, then send the change "
    "again.",
    "该内容在您读取之后已被更改，当前校验值为 {present}；请重新读取后再提交。",
    status=412,
)  # fmt: skip
