"""The configuration: one TOML file (TOML 1.0), every setting declared, documented and checked at start.

A setting is a field of a frozen struct; its type, bounds and texts stand beside it, and the example
file, the reference and `dongting config` are made from them. Secrets do not belong here and are refused.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from dongting.errors import Code, Language, Refused, require
from dongting.node import settings
from dongting.node.holders import RestoreSettings
from dongting.node.sending import HooksSettings, Mail
from dongting.node.settings import documented

UNREADABLE = Code(
    "node", 20, "config-unreadable",
    "The configuration {path} cannot be read: {why}. `dongting config example` prints one to start from.",
    "无法读取配置文件 {path}：{why}。可用 `dongting config example` 输出示例。",
    status=503,
)  # fmt: skip
UNKNOWN_SETTING = Code(
    "node", 21, "unknown-setting",
    "There is no setting {setting}.{hint_en} `dongting config reference` lists all.",
    "没有名为 {setting} 的设置。{hint_zh}`dongting config reference` 列出全部设置。",
    status=503,
)  # fmt: skip
BAD_SETTING = Code(
    "node", 22, "bad-setting",
    "{setting} = {value} is not allowed. Allowed: {allowed_en}.",
    "{setting} = {value} 不被允许。允许：{allowed_zh}。",
    status=503,
)  # fmt: skip
SECRET_IN_CONFIG = Code(
    "node", 23, "secret-in-config",
    "{setting} looks like a secret, and secrets do not belong in the configuration. Remove it; {instead_en}.",
    "{setting} 看起来是秘密，不应写入配置文件。请将其删除；{instead_zh}。",
    status=503,
)  # fmt: skip
NEEDS_TLS = Code(
    "node", 24, "needs-tls",
    "{setting} = {value} can be reached from other machines without encryption. {instead_en}.",
    "{setting} = {value} 可被其他机器以未加密方式访问。{instead_zh}。",
    status=503,
)  # fmt: skip

LANGUAGES: tuple[Language, ...] = ("en", "zh")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_HOST = r"^[A-Za-z0-9.:-]{1,253}$(?!\n)"
_ORGANISATIONS = r"^([a-z0-9][a-z0-9._-]{0,63}( ?, ?[a-z0-9][a-z0-9._-]{0,63})*)?$(?!\n)"
_KIB, _GIB = 1024, 1024**3


class Node(Struct, frozen=True):
    """Which node this is and where it keeps its data."""

    home: Annotated[str, Meta(min_length=1), documented(
        "Directory of the node's data; other relative paths start from it, it from this file's directory.",
        "节点数据目录；其他相对路径以它为准，它自身以本文件所在目录为准。",
        ("a path", "路径"),
    )] = "data"  # fmt: skip
    name: Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)"), documented(
        "Name of this node, shown in its console and logs.",
        "节点名称，显示在控制台和日志中。",
        ("one line of 1 to 80 characters", "单行 1 至 80 个字符"),
    )] = "dongting"  # fmt: skip


class Http(Struct, frozen=True):
    """How the API and the console are reached."""

    host: Annotated[str, Meta(pattern=_HOST), documented(
        "Address to listen on. Beyond this machine only with behind_tls.",
        "监听地址。仅在 behind_tls 为真时可对外监听。",
        ("a host name or an IP address", "主机名或 IP 地址"),
    )] = "127.0.0.1"  # fmt: skip
    port: Annotated[int, Meta(ge=0, le=65535), documented(
        "Port to listen on; 0 lets the system choose one.",
        "监听端口；0 表示由系统选择。",
    )] = 8420  # fmt: skip
    public_url: Annotated[str, Meta(max_length=300, pattern=r"^(https?://[!-~]+)?$(?!\n)"), documented(
        "Address by which others reach this node, without a final slash; empty: derived from host and port.",
        "他人访问本节点的地址，末尾不带斜杠；留空则由 host 和 port 得出。",
        ("an http:// or https:// address, or empty", "http:// 或 https:// 地址，或留空"),
    )] = ""  # fmt: skip
    workers: Annotated[int, Meta(ge=1, le=64), documented(
        "Number of worker processes that answer requests.",
        "处理请求的工作进程数。",
    )] = 1  # fmt: skip
    max_body: Annotated[int, Meta(ge=64 * _KIB, le=_GIB), documented(
        "Longest request body in bytes, files excepted (see files.max_upload).",
        "请求正文的最大字节数，文件除外（见 files.max_upload）。",
    )] = 8 * 1024 * _KIB  # fmt: skip
    statements_per_second: Annotated[int, Meta(ge=0, le=1_000_000), documented(
        "Statements a second that one organisation may sign, for each worker; ten times as many at once; "
        "0: any number.",
        "每个工作进程每秒接受同一组织签署的声明数；瞬时可达十倍；0 表示不限。",
    )] = 2000  # fmt: skip
    behind_tls: Annotated[bool, documented(
        "Set to true to state that a proxy in front of this node terminates TLS.",
        "设为 true 表示已有前置代理终止 TLS。",
    )] = False  # fmt: skip


class Kernel(Struct, frozen=True):
    """How blocks are made; every node may choose its own."""

    max_block_statements: Annotated[int, Meta(ge=1, le=10_000), documented(
        "Most statements in one block.",
        "每个区块的最大声明数。",
    )] = 1000  # fmt: skip
    verify_workers: Annotated[int, Meta(ge=0, le=256), documented(
        "Number of processes that verify signatures; 0 means one per processor.",
        "验证签名的进程数；0 表示每个处理器一个。",
    )] = 0  # fmt: skip
    crash: Annotated[int, Meta(ge=0, le=1000), documented(
        "For tests only: stop hard at the crash point of this number; 0 means never.",
        "仅供测试：在该编号的崩溃点强行停止；0 表示从不。",
    )] = 0  # fmt: skip


class Engine(Struct, frozen=True):
    """Who orders the statements: this node alone, a consortium of validators by CometBFT, or the node that
    this one follows."""

    kind: Annotated[Literal["embedded", "cometbft", "follow"], documented(
        "embedded: this node alone orders. cometbft: the validators that genesis names order together. "
        "follow: this node follows the one at engine.upstream.",
        "embedded：由本节点单独排序。cometbft：由创世文件所列的验证者共同排序。"
        "follow：跟随 engine.upstream 所指的节点。",
    )] = "embedded"  # fmt: skip
    binary: Annotated[str, Meta(max_length=500), documented(
        "The CometBFT program; empty: from the PATH, or as `make engine` installed it.",
        "CometBFT 程序；留空则取自 PATH 或 `make engine` 的安装位置。",
        ("a path, or empty", "路径，或留空"),
    )] = ""  # fmt: skip
    listen: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:\[\]-]{1,253}:[0-9]{1,5}$(?!\n)"), documented(
        "host:port on which other validators reach this one; their connections are encrypted.",
        "其他验证者连接本节点的 主机:端口；连接已加密。",
        ("host:port", "主机:端口"),
    )] = "127.0.0.1:26656"  # fmt: skip
    external: Annotated[str, Meta(pattern=r"^([A-Za-z0-9.:\[\]-]{1,253}:[0-9]{1,5})?$(?!\n)"), documented(
        "host:port that other validators dial, where it differs from listen; else empty.",
        "其他验证者拨号所用的 主机:端口（与 listen 不同时填写）；否则留空。",
        ("host:port, or empty", "主机:端口，或留空"),
    )] = ""  # fmt: skip
    peers: Annotated[str, Meta(
        max_length=8000, pattern=r"^([0-9a-f]{40}@[^,\s]+(,[0-9a-f]{40}@[^,\s]+)*)?$(?!\n)"
    ), documented(
        "The other validators, as id@host:port, separated by commas.",
        "其他验证者，写作 id@主机:端口，以逗号分隔。",
        ("id@host:port,…, or empty", "id@主机:端口,…，或留空"),
    )] = ""  # fmt: skip
    upstream: Annotated[str, Meta(max_length=300, pattern=r"^(https?://[!-~]+)?$(?!\n)"), documented(
        "Address of the node to follow, without a final slash; empty: blocks come by `dongting bundle`.",
        "所跟随节点的地址，末尾不带斜杠；留空则通过 `dongting bundle import` 获取区块。",
        ("an http:// or https:// address, or empty", "http:// 或 https:// 地址，或留空"),
    )] = ""  # fmt: skip
    organisations: Annotated[str, Meta(max_length=4000, pattern=_ORGANISATIONS), documented(
        "Organisations that this node serves, separated by commas; empty: all. It keeps their files; a "
        "follower fetches what is meant for them.",
        "本节点所服务的组织，以逗号分隔；留空表示全部。节点保存它们的文件；跟随节点会取回发给它们的内容。",
        ("ids of organisations, separated by commas", "以逗号分隔的组织标识"),
    )] = ""  # fmt: skip


class Store(Struct, frozen=True):
    """The ledger store."""

    cache_mb: Annotated[int, Meta(ge=8, le=65_536), documented(
        "Memory for the ledger store's block cache, in MiB.",
        "账本存储块缓存的内存，单位 MiB。",
    )] = 128  # fmt: skip


class Views(Struct, frozen=True):
    """The views from which lists and search are answered."""

    url: Annotated[str, Meta(
        pattern=r"^(sqlite(:///[!-~]+)?|postgresql://[!-~]+)$(?!\n)", max_length=500
    ), documented(
        "Database of the views: sqlite (a file in the home directory), sqlite:///path or postgresql://host/name.",
        "视图数据库：sqlite（数据目录中的文件）、sqlite:///路径 或 postgresql://主机/库名。",
        ("sqlite, sqlite:///path or postgresql://host/name", "sqlite、sqlite:///路径 或 postgresql://主机/库名"),
    )] = "sqlite"  # fmt: skip


class Accounts(Struct, frozen=True):
    """The people of the node: where they are kept, and how long they stay signed in."""

    url: Annotated[str, Meta(
        pattern=r"^(sqlite(:///[!-~]+)?|postgresql://[!-~]+)$(?!\n)", max_length=500
    ), documented(
        "Database of the people: sqlite (accounts.sqlite in the home directory), sqlite:///path or "
        "postgresql://host/name.",
        "人员数据库：sqlite（数据目录中的 accounts.sqlite）、sqlite:///路径 或 postgresql://主机/库名。",
        ("sqlite, sqlite:///path or postgresql://host/name", "sqlite、sqlite:///路径 或 postgresql://主机/库名"),
    )] = "sqlite"  # fmt: skip
    idle_minutes: Annotated[int, Meta(ge=5, le=1440), documented(
        "Minutes without a request after which a person has to sign in again.",
        "无操作多少分钟后须重新登录。",
    )] = 60  # fmt: skip
    anchor_minutes: Annotated[int, Meta(ge=0, le=10_080), documented(
        "Minutes between two anchors of the audit log in the ledger, by the organisation that runs the node; "
        "0 means never.",
        "由运行节点的组织将审计日志锚定到账本的间隔分钟数；0 表示从不。",
    )] = 60  # fmt: skip
    session_hours: Annotated[int, Meta(ge=1, le=720), documented(
        "Hours after which a person has to sign in again, however busy.",
        "登录后最长多少小时须重新登录，无论是否有操作。",
    )] = 12  # fmt: skip


class Files(Struct, frozen=True):
    """Files and parts, encrypted."""

    directory: Annotated[str, Meta(min_length=1), documented(
        "Directory of the encrypted files.",
        "加密文件目录。",
        ("a path", "路径"),
    )] = "files"  # fmt: skip
    max_upload: Annotated[int, Meta(ge=1, le=2**50), documented(
        "Longest file that may be uploaded, in bytes.",
        "可上传文件的最大字节数。",
    )] = 64 * _GIB  # fmt: skip
    parts_quota: Annotated[int, Meta(ge=2**20, le=2**50), documented(
        "Disk that the parts of one organisation may take, in bytes.",
        "同一组织的附件可占用的磁盘字节数。",
    )] = 4 * _GIB  # fmt: skip


class Keys(Struct, frozen=True):
    """The keystore; its passphrase never stands here."""

    path: Annotated[str, Meta(min_length=1), documented(
        "The keystore file; it and its directory must be open to their owner only.",
        "密钥库文件；文件及其目录只能由所有者访问。",
        ("a path", "路径"),
    )] = "keys/keystore.json"  # fmt: skip
    credential: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$(?!\n)"), documented(
        "Name of the systemd credential with the passphrase (LoadCredential=).",
        "含口令的 systemd 凭据名称（LoadCredential=）。",
        ("letters, digits, dot, hyphen and underscore", "字母、数字、点、连字符和下划线"),
    )] = "dongting-keystore"  # fmt: skip


class Log(Struct, frozen=True):
    """What the node writes about itself."""

    level: Annotated[Literal["debug", "info", "warning", "error"], documented(
        "Least severe messages to write.",
        "写入日志的最低级别。",
    )] = "info"  # fmt: skip
    format: Annotated[Literal["json", "text"], documented(
        "json writes one JSON object a line, text writes lines for people.",
        "json 每行写一个 JSON 对象，text 写便于人阅读的行。",
    )] = "json"  # fmt: skip
    file: Annotated[str, documented(
        "File to append to (reopened after rotation); empty: standard error.",
        "追加写入的文件（轮转后重新打开）；留空则写标准错误。",
        ("a path, or empty", "路径，或留空"),
    )] = ""  # fmt: skip


class MetricsSettings(Struct, frozen=True):
    """Prometheus metrics."""

    enabled: Annotated[bool, documented(
        "Whether to serve metrics at /metrics on their own address.",
        "是否在单独的地址以 /metrics 提供指标。",
    )] = False  # fmt: skip
    bind: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:\[\]-]{1,253}:[0-9]{1,5}$(?!\n)"), documented(
        "host:port of the metrics. Beyond this machine only with allow_remote.",
        "指标的 主机:端口。仅在 allow_remote 为真时可对外监听。",
        ("host:port", "主机:端口"),
    )] = "127.0.0.1:9464"  # fmt: skip
    allow_remote: Annotated[bool, documented(
        "Set to true to let other machines read the metrics, unencrypted.",
        "设为 true 允许其他机器以未加密方式读取指标。",
    )] = False  # fmt: skip


class WitnessSettings(Struct, frozen=True):
    """Witnesses of checkpoints (C2SP tlog-witness), in both roles."""

    name: Annotated[str, Meta(max_length=120, pattern=r"^[!-*,-~]*$(?!\n)"), documented(
        "Name under which this node cosigns checkpoints (see `dongting node witness`); empty: no witness.",
        "本节点共签检查点所用的名称；留空则不作见证方。见 `dongting node witness`。",
        ("a name without spaces and plus signs, or empty", "不含空格和加号的名称，或留空"),
    )] = ""  # fmt: skip
    logs: Annotated[str, Meta(max_length=20_000), documented(
        "Keys of further logs to cosign, as vkeys separated by spaces; that of the own network always is.",
        "另外为其共签的日志的密钥，以空格分隔的 vkey；本网络的日志总在其列。",
        ("vkeys separated by spaces, or empty", "以空格分隔的 vkey，或留空"),
    )] = ""  # fmt: skip
    ask: Annotated[str, Meta(max_length=20_000), documented(
        "Witnesses that cosign this log: `vkey url`, separated by commas; /add-checkpoint follows the url.",
        "为本日志共签的见证方：以逗号分隔的 `vkey url`；url 之后接 /add-checkpoint。",
        ("vkey url, vkey url, …, or empty", "vkey url, vkey url, …，或留空"),
    )] = ""  # fmt: skip


class Config(Struct, frozen=True):
    """All settings; each section is a table of the file. `base` is the directory of the file."""

    node: Node = Node()
    http: Http = Http()
    kernel: Kernel = Kernel()
    engine: Engine = Engine()
    store: Store = Store()
    views: Views = Views()
    accounts: Accounts = Accounts()
    files: Files = Files()
    keystore: Keys = Keys()
    hooks: HooksSettings = HooksSettings()
    witness: WitnessSettings = WitnessSettings()
    restore: RestoreSettings = RestoreSettings()
    mail: Mail = Mail()
    log: Log = Log()
    metrics: MetricsSettings = MetricsSettings()
    base: str = "."

    @property
    def home(self) -> Path:
        """The absolute home directory."""
        return (Path(self.base) / self.node.home).absolute()

    def path(self, setting: str) -> Path:
        """The absolute path that a setting names, relative ones from the home directory."""
        return self.home / setting

    @property
    def organisations(self) -> list[str]:
        """The organisations that this node serves; none is named where it serves all."""
        return [each.strip() for each in self.engine.organisations.split(",") if each.strip()]

    @property
    def views_url(self) -> str:
        """The address of the views' database, for SQLAlchemy."""
        return self._database(self.views.url, "views.sqlite")

    @property
    def accounts_url(self) -> str:
        """The address of the database of people, for SQLAlchemy."""
        return self._database(self.accounts.url, "accounts.sqlite")

    def _database(self, url: str, file: str) -> str:
        if url.startswith("postgresql://"):
            return url.replace("postgresql://", "postgresql+psycopg://", 1)
        return f"sqlite:///{self.path(url.removeprefix('sqlite').removeprefix(':///') or file)}"

    @property
    def public_url(self) -> str:
        """The address by which others reach this node."""
        host = f"[{self.http.host}]" if ":" in self.http.host else self.http.host
        return self.http.public_url.rstrip("/") or f"http://{host}:{self.http.port}"


#: The sections of the file, in its order.
SECTIONS: dict[str, type[Struct]] = {
    field.name: field.type for field in msgspec.structs.fields(Config) if field.name != "base"
}


def load(path: Path) -> Config:
    """The configuration in that file; refuses the first setting that is wrong, by its name."""
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except OSError as error:
        raise Refused(UNREADABLE, path=path, why=error.strerror) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(UNREADABLE, path=path, why=error) from None
    return read(tables, str(path.absolute().parent))


def read(tables: dict[str, Any], base: str = ".") -> Config:
    """The configuration in parsed TOML tables; `base` is the directory that relative paths start from."""
    sections: dict[str, Any] = {}
    for name, table in tables.items():
        if name not in SECTIONS or not isinstance(table, dict):
            raise _unknown(name)
        sections[name] = _section(name, SECTIONS[name], table)
    config = Config(**sections, base=base)
    _check_secrets(config)
    _check_reach(config)
    _check_engine(config)
    return config


def _section(section: str, struct: type[Struct], table: dict[str, Any]) -> Struct:
    fields = {field.name: field for field in msgspec.structs.fields(struct)}
    values = {}
    for name, value in table.items():
        setting = f"{section}.{name}"
        if name not in fields:
            raise _unknown(setting)
        try:
            values[name] = msgspec.convert(value, fields[name].type, strict=True)
        except msgspec.ValidationError:
            raise _bad(setting, value, *(settings.allowed(fields[name].type, x) for x in LANGUAGES)) from None
    return struct(**values)


def _bad(setting: str, value: Any, allowed_en: str, allowed_zh: str) -> Refused:
    shown = settings.toml(value)
    return Refused(BAD_SETTING, setting=setting, value=shown, allowed_en=allowed_en, allowed_zh=allowed_zh)


def _unknown(setting: str) -> Refused:
    if settings.names_a_secret(setting):
        return Refused(
            SECRET_IN_CONFIG, setting=setting[:80],
            instead_en="unlock the keystore by a systemd credential, a file descriptor or the prompt",
            instead_zh="请用 systemd 凭据、文件描述符或提示符解锁密钥库",
        )  # fmt: skip
    close = settings.closest(setting, [*SECTIONS, *settings.names(SECTIONS)])
    return Refused(
        UNKNOWN_SETTING, setting=setting[:80],
        hint_en=f" Did you mean {close}?" if close else "", hint_zh=f"是否想写 {close}？" if close else "",
    )  # fmt: skip


def _check_secrets(config: Config) -> None:
    for setting, url in (("views.url", config.views.url), ("accounts.url", config.accounts.url)):
        if settings.holds_password(url):
            raise Refused(
                SECRET_IN_CONFIG, setting=setting,
                instead_en="let PostgreSQL know this account (peer authentication), or use ~/.pgpass "
                "(mode 0600)",
                instead_zh="请让 PostgreSQL 识别本系统账户（peer 认证），或使用 ~/.pgpass（权限 0600）",
            )  # fmt: skip
    if settings.holds_password(config.http.public_url):
        raise Refused(
            SECRET_IN_CONFIG, setting="http.public_url",
            instead_en="give the address alone", instead_zh="请只写地址",
        )  # fmt: skip


def _check_reach(config: Config) -> None:
    http, metrics = config.http, config.metrics
    require(
        http.host in _LOOPBACK or http.behind_tls,
        NEEDS_TLS, setting="http.host", value=http.host,
        instead_en="Put a TLS proxy in front and state it by http.behind_tls = true, or listen on 127.0.0.1",
        instead_zh="请在前面设置 TLS 代理并写明 http.behind_tls = true，或只监听 127.0.0.1",
    )  # fmt: skip
    host = settings.host_of(http.public_url)
    require(
        http.public_url.startswith("https://") or host in (*_LOOPBACK, ""),
        NEEDS_TLS, setting="http.public_url", value=http.public_url,
        instead_en="Give an https:// address", instead_zh="请填写 https:// 地址",
    )  # fmt: skip
    mail = config.mail
    require(
        mail.security != "none" or not mail.host or mail.host in _LOOPBACK,
        NEEDS_TLS, setting="mail.security", value=mail.security,
        instead_en="Choose starttls or tls", instead_zh="请选择 starttls 或 tls",
    )  # fmt: skip
    bind, port = metrics.bind.rsplit(":", 1)
    if int(port) > 65535:
        raise _bad(
            "metrics.bind", metrics.bind, "host:port, the port at most 65535", "主机:端口，端口不超过 65535"
        )
    require(
        not metrics.enabled or metrics.allow_remote or bind.strip("[]") in _LOOPBACK,
        NEEDS_TLS, setting="metrics.bind", value=metrics.bind,
        instead_en="Listen on 127.0.0.1, or state metrics.allow_remote = true",
        instead_zh="请只监听 127.0.0.1，或写明 metrics.allow_remote = true",
    )  # fmt: skip


def _check_engine(config: Config) -> None:
    engine = config.engine
    if engine.kind == "follow" and not config.organisations:
        raise _bad(
            "engine.organisations", "", "not empty when engine.kind is follow",
            "engine.kind 为 follow 时不得为空",
        )  # fmt: skip
    peers = [("restore.peers", each) for each in config.restore.addresses]
    for setting, url in (("engine.upstream", engine.upstream), *peers):
        require(
            url.startswith("https://") or settings.host_of(url) in (*_LOOPBACK, ""),
            NEEDS_TLS, setting=setting, value=url,
            instead_en="Give an https:// address", instead_zh="请填写 https:// 地址",
        )  # fmt: skip
