"""Why sharing refuses; numbers are stable for ever."""

from dongting.errors import Code

# Requests, offers and agreements: 1 to 29.
ALREADY_REQUESTED = Code(
    "sharing", 1, "already-requested",
    "A request called {id} exists already; choose another id.",
    "编号为 {id} 的申请已存在；请换一个编号。",
    status=409,
)  # fmt: skip
OWN_DATASET = Code(
    "sharing", 2, "own-dataset",
    "{dataset} is your own; there is nothing to request.",
    "{dataset} 是本单位的数据集，无需申请。",
)  # fmt: skip
NO_SUCH_DATASET = Code(
    "sharing", 3, "no-such-dataset",
    "There is no dataset called {dataset}; search the catalogue and use the id shown there.",
    "没有编号为 {dataset} 的数据集；请在目录中查找并使用其中的编号。",
    status=404,
)  # fmt: skip
DATASET_WITHDRAWN = Code(
    "sharing", 4, "dataset-withdrawn",
    "{dataset} was withdrawn and no new agreement can be made about it; ask its publisher for another one.",
    "{dataset} 已下架，不能再订立新的协议；请向发布单位咨询其他数据集。",
    status=409,
)  # fmt: skip
NOT_SHARED = Code(
    "sharing", 5, "not-shared",
    "{dataset} is not shared between departments; its entry in the catalogue names the legal basis.",
    "{dataset} 在部门之间不予共享；依据见目录中的说明。",
    status=403,
)  # fmt: skip
NOT_CONSUMER = Code(
    "sharing", 6, "not-consumer",
    "Only the consumer {consumer} or its successor may do this for {id}.",
    "只有需求方 {consumer} 或其承继单位可以对 {id} 进行此操作。",
    status=403,
)  # fmt: skip
NOT_PROVIDER = Code(
    "sharing", 7, "not-provider",
    "Only the provider {provider} or its successor may do this for {id}.",
    "只有提供方 {provider} 或其承继单位可以对 {id} 进行此操作。",
    status=403,
)  # fmt: skip
NOT_A_PARTY = Code(
    "sharing", 8, "not-a-party",
    "{id} is between {provider} and {consumer}; only they or their successors may do this.",
    "{id} 的双方是 {provider} 和 {consumer}；只有双方或其承继单位可以进行此操作。",
    status=403,
)  # fmt: skip
OTHER_TERMS = Code(
    "sharing", 9, "other-terms",
    "These are not the terms that now stand in {id}; read them again and sign their commitment {terms}.",
    "所签条款与 {id} 当前条款不一致；请重新阅读并签署承诺值为 {terms} 的条款。",
    status=409,
)  # fmt: skip
ENDS_TOO_SOON = Code(
    "sharing", 10, "ends-too-soon",
    "The period has ended already; agree on an end that lies ahead.",
    "约定的期限已经结束；请约定一个未来的截止时间。",
)  # fmt: skip
OFFER_LAPSED = Code(
    "sharing", 11, "offer-lapsed",
    "The offer in {id} was open until {due} and has lapsed; counter with the same terms to ask anew.",
    "{id} 中的要约有效期至 {due}，现已失效；可用相同条款重新提出申请。",
    status=409,
)  # fmt: skip
NOT_WHO_SUSPENDED = Code(
    "sharing", 12, "not-who-suspended",
    "{id} was suspended by {suspended_by}; only that side can resume it. You can terminate it.",
    "{id} 由 {suspended_by} 暂停；只有该方可以恢复。您可以终止协议。",
    status=403,
)  # fmt: skip
NOT_LONGER = Code(
    "sharing", 13, "not-longer",
    "A renewal ends later than the agreement does now ({end}); give a later end.",
    "续期的截止时间须晚于现行截止时间（{end}）；请给出更晚的时间。",
)  # fmt: skip
TERMS_DIFFER = Code(
    "sharing", 14, "terms-differ",
    "The terms say {inside} but the statement says {outside} for {field}; make both the same and sign again.",
    "{field} 在条款中为 {inside}，在声明中为 {outside}；请改为一致后重新签署。",
)  # fmt: skip
AWAITED_FROM_OTHER = Code(
    "sharing", 15, "awaited-from-other",
    "You proposed this renewal already; {other} has to confirm it with the same end.",
    "您已提出该续期；需由 {other} 以相同的截止时间确认。",
    status=409,
)  # fmt: skip

# Deliveries: 30 to 59.
NOT_THE_NEXT_DELIVERY = Code(
    "sharing", 30, "not-the-next-delivery",
    "The next delivery under {agreement} is {expected}; use that id.",
    "协议 {agreement} 下的下一次交付编号是 {expected}；请使用该编号。",
    status=409,
)  # fmt: skip
AGREEMENT_NOT_IN_FORCE = Code(
    "sharing", 31, "agreement-not-in-force",
    "{agreement} is {standing} and allows no delivery; resume or renew it, or make a new request.",
    "协议 {agreement} 当前状态为 {standing}，不能交付；请恢复、续期或重新申请。",
    status=409,
)  # fmt: skip
NO_SUCH_VERSION = Code(
    "sharing", 32, "no-such-version",
    "{dataset} has no version {version}; issue it in the catalogue first.",
    "{dataset} 没有第 {version} 版；请先在目录中发布该版本。",
    status=404,
)  # fmt: skip
CONTENT_DIFFERS = Code(
    "sharing", 33, "content-differs",
    "{subject} is committed to as {expected}, not {given}. If you received something else, dispute it.",
    "{subject} 的内容承诺值是 {expected}，不是 {given}。若收到的内容不一致，请提出异议。",
    status=409,
)  # fmt: skip
LOCATOR_MISSING = Code(
    "sharing", 34, "locator-missing",
    "An external delivery says in a part where the data is handed over; add the locator.",
    "外部交付须在附件中说明数据的交付位置；请补充。",
)  # fmt: skip
NO_FILE = Code(
    "sharing", 35, "no-file",
    "Version {version} of {dataset} is not stored here; deliver it externally, or issue a file.",
    "{dataset} 第 {version} 版未存放于本平台；请使用外部交付，或发布带文件的版本。",
)  # fmt: skip
LOCATOR_UNNEEDED = Code(
    "sharing", 36, "locator-unneeded",
    "A delivery of a file has no locator; leave it out, or deliver externally.",
    "文件交付不需要位置说明；请去掉，或改用外部交付。",
)  # fmt: skip
DELIVERY_OPEN = Code(
    "sharing", 37, "delivery-open",
    "{delivery} is already requested and waits for the provider.",
    "交付 {delivery} 已经申请，正在等待提供方。",
    status=409,
)  # fmt: skip
REASON_MISSING = Code(
    "sharing", 38, "reason-missing",
    "Say in a part why; the other side has to read it.",
    "请在附件中说明理由，供对方阅读。",
)  # fmt: skip
NOTHING_HELD = Code(
    "sharing", 39, "nothing-held",
    "Nothing was delivered under {transfer}, so there is no copy to speak of.",
    "{transfer} 尚未交付任何内容，没有可说明的副本。",
    status=409,
)  # fmt: skip
ALREADY_DESTROYED = Code(
    "sharing", 40, "already-destroyed",
    "The destruction of the copy under {transfer} is on record already.",
    "{transfer} 所涉副本的销毁已经登记。",
    status=409,
)  # fmt: skip

# Downloads: 60 to 79.
DOWNLOAD_NOT_A_PARTY = Code(
    "sharing", 60, "download-not-a-party",
    "{organisation} is not a party to {transfer}; request the dataset first.",
    "{organisation} 不是 {transfer} 的当事方；请先申请该数据集。",
    status=403,
)  # fmt: skip
DOWNLOAD_NOT_IN_GOOD_STANDING = Code(
    "sharing", 61, "download-not-in-good-standing",
    "{organisation} is not a member in good standing; ask the founders to be readmitted.",
    "{organisation} 目前不是资格正常的成员；请向发起单位申请恢复资格。",
    status=403,
)  # fmt: skip
DOWNLOAD_NOT_DELIVERED = Code(
    "sharing", 62, "download-not-delivered",
    "{transfer} has not been delivered yet; the provider {provider} is to deliver it.",
    "{transfer} 尚未交付；须由提供方 {provider} 交付。",
    status=409,
)  # fmt: skip
DOWNLOAD_CANCELLED = Code(
    "sharing", 63, "download-cancelled",
    "{transfer} was cancelled on {day}; ask for a new delivery under the agreement.",
    "{transfer} 已于 {day} 取消；请在协议下申请新的交付。",
    status=403,
)  # fmt: skip
DOWNLOAD_EXTERNAL = Code(
    "sharing", 64, "download-external",
    "{transfer} is handed over outside; its locator says where.",
    "{transfer} 采用外部交付；交付位置见其附件。",
    status=409,
)  # fmt: skip
DOWNLOAD_SUSPENDED = Code(
    "sharing", 65, "download-suspended",
    "The agreement {agreement} was suspended by {by} on {day}; ask that side to resume it.",
    "协议 {agreement} 已于 {day} 由 {by} 暂停；请联系该方恢复。",
    status=403,
)  # fmt: skip
DOWNLOAD_TERMINATED = Code(
    "sharing", 66, "download-terminated",
    "The agreement {agreement} was terminated on {day}; make a new request.",
    "协议 {agreement} 已于 {day} 终止；请重新申请。",
    status=403,
)  # fmt: skip
DOWNLOAD_EXPIRED = Code(
    "sharing", 67, "download-expired",
    "The agreement {agreement} ran until {day} and has expired; renew it.",
    "协议 {agreement} 有效期至 {day}，现已到期；请办理续期。",
    status=403,
)  # fmt: skip
DOWNLOAD_NOT_YET = Code(
    "sharing", 68, "download-not-yet",
    "The agreement {agreement} begins on {day}; come back then.",
    "协议 {agreement} 自 {day} 起生效；请届时再下载。",
    status=403,
)  # fmt: skip
DOWNLOAD_ERASED = Code(
    "sharing", 69, "download-erased",
    "The provider erased this content on {day}; it exists here no more. Destroy your copy and say so.",
    "提供方已于 {day} 删除该内容，平台不再保存；请销毁您的副本并予以回复。",
    status=410,
)  # fmt: skip

# Objections: 80 to 99.
ALREADY_OBJECTED = Code(
    "sharing", 80, "already-objected",
    "An objection called {id} exists already; choose another id.",
    "编号为 {id} 的异议已存在；请换一个编号。",
    status=409,
)  # fmt: skip
NOT_A_CORRECTION = Code(
    "sharing", 81, "not-a-correction",
    "A correction is a version after {version}; issue it in the catalogue, then name its number.",
    "更正须是第 {version} 版之后的版本；请先在目录中发布，再填写其版本号。",
)  # fmt: skip

# The supervisor: 100 to 109.
ALREADY_SAID = Code(
    "sharing", 100, "already-said",
    "The supervisor said something under the id {id} already; choose another id.",
    "监督方已使用编号 {id}；请换一个编号。",
    status=409,
)  # fmt: skip
ONE_MATTER = Code(
    "sharing", 101, "one-matter",
    "Name exactly one request, delivery or objection.",
    "请仅指明一项申请、交付或异议。",
)  # fmt: skip
NOT_OVERDUE = Code(
    "sharing", 102, "not-overdue",
    "Nothing is overdue in {record}; urge once its deadline has passed.",
    "{record} 没有逾期事项；期限届满后方可督办。",
    status=409,
)  # fmt: skip
NOT_DISPUTED = Code(
    "sharing", 103, "not-disputed",
    "{record} is not in dispute now; there is nothing to mediate.",
    "{record} 目前没有争议，无需调解。",
    status=409,
)  # fmt: skip
OWN_MATTER = Code(
    "sharing", 104, "own-matter",
    "The supervisor is itself a party of {record}; nobody supervises a matter of its own.",
    "监督方本身是 {record} 的一方，不得监督自身事项。",
    status=403,
)  # fmt: skip
