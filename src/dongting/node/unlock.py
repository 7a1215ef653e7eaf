"""Where the keystore's passphrase comes from: a systemd credential, a file descriptor, or a prompt.

Never from the configuration file, the command line or an environment variable: those are shown by
backups, process lists and crash reports. A systemd credential (systemd.exec(5), LoadCredential=,
LoadCredentialEncrypted=) needs nobody at a restart.
"""

import getpass
import os
import re
from collections.abc import Callable
from pathlib import Path

from dongting.errors import Code, Refused, require

NO_CREDENTIAL = Code(
    "node", 8, "no-credential",
    "There is no passphrase to unlock the keystore with: {why}. "
    "Give the service LoadCredential={name}:/path, or unlock by `--passphrase-fd` or at the prompt.",
    "没有可用于解锁密钥库的口令：{why}。"
    "请为服务配置 LoadCredential={name}:/path，或用 `--passphrase-fd`、在提示符下解锁。",
    status=503,
)  # fmt: skip
BAD_PASSPHRASE = Code(
    "node", 9, "bad-passphrase",
    "A passphrase has 12 to 1,024 bytes in one line; this one has {size} in {lines}. Choose another.",
    "口令应为单行 12 至 1024 字节；此口令为 {lines} 行 {size} 字节。请另选一个。",
)  # fmt: skip

SHORTEST, LONGEST = 12, 1024


def from_credential(name: str, directory: str | None) -> bytes:
    """The systemd credential of that name; `directory` is what systemd gave as CREDENTIALS_DIRECTORY."""
    if not directory:
        raise Refused(NO_CREDENTIAL, why="the process was started without credentials", name=name)
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}", name):
        raise Refused(NO_CREDENTIAL, why="its name is not a file name", name="NAME")
    path = Path(directory) / name
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise Refused(NO_CREDENTIAL, why=f"{path}: {error.strerror}", name=name) from None
    # systemd grants access by an access list, whose mask shows as group bits: only others are looked at.
    if os.fstat(descriptor).st_mode & 0o007:
        os.close(descriptor)
        raise Refused(NO_CREDENTIAL, why=f"{path} is open to every account (chmod o= {path})", name=name)
    return from_descriptor(descriptor)


def offered(name: str) -> bytes | None:
    """The same of this process, or None when it was started without that credential."""
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    there = directory and (Path(directory) / name).exists()
    return from_credential(name, directory) if there else None


def from_descriptor(descriptor: int) -> bytes:
    """The passphrase in an open file descriptor, read to its end and closed; one line feed may end it."""
    try:
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(LONGEST + 2)
    except OSError as error:
        why = f"descriptor {descriptor} cannot be read ({error.strerror})"
        raise Refused(NO_CREDENTIAL, why=why, name="NAME") from None
    return checked(data.removesuffix(b"\n").removesuffix(b"\r"))


def from_prompt(text: str, ask: Callable[[str], str] = getpass.getpass) -> bytes:
    """The passphrase that a person types at the terminal, unseen."""
    return checked(ask(text).encode("utf-8"))


def checked(passphrase: bytes) -> bytes:
    """The same passphrase; refuses one that is too short, too long, or more than one line."""
    size, lines = len(passphrase), len(re.split(rb"\r\n|[\r\n\0]", passphrase))
    require(SHORTEST <= size <= LONGEST and lines == 1, BAD_PASSPHRASE, size=size, lines=lines)
    return passphrase
