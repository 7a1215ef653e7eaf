"""The installed applications, one line each, and how they are joined.

An application's identity is its version and the hash of its source (kernel rule 11): a node whose
source differs would execute something else than the network agreed on.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from dongting.appkit.app import App
from dongting.appkit.context import NOT_FOUND, Reader, find
from dongting.apps import catalogue, evidence, governance, membership, sharing
from dongting.errors import Refused
from dongting.kernel.rules import Rules
from dongting.node.facade import Download, Version
from dongting.wire.genesis import AppVersion
from dongting.wire.profile import Profile

APPS: tuple[App, ...] = (
    membership.app,
    governance.app,
    catalogue.app,
    sharing.app,
    evidence.app,
)

SUPPLIES: dict[type[Any], Any] = {
    governance.Founders: membership.organisations,
    sharing.Datasets: catalogue.datasets,
    sharing.WorkingDays: governance.working_days,
    sharing.Organisations: membership.organisations,
}


VERSION_TYPE = catalogue.app.records[catalogue.DatasetVersion].name


def installed_rules(profile: Profile, apps: Sequence[App] = APPS) -> Rules:
    """The rules of a network of that profile with these applications."""
    sources = {app.name: source_hash(app, profile) for app in apps}
    return Rules(apps, SUPPLIES, membership.directory, governance.schedule, sources)


def downloadable(reader: Reader, transfer: str, organisation: str) -> Download:
    """The encrypted file that a transfer lets an organisation download; else why not."""
    sharing.may_download(reader, transfer, organisation)
    delivered = find(reader, sharing.Transfer, transfer)
    version = catalogue.datasets(reader).version(delivered.dataset, delivered.version or 0)
    if version is None or version.content.address is None:
        raise Refused(NOT_FOUND, kind="file", id=transfer)
    return Download(version.content.address, version.publisher)


def erased_version(change: Version) -> catalogue.DatasetVersion | None:
    """The version of a dataset whose content a record version declares erased, if it does."""
    if change.type != VERSION_TYPE:
        return None
    version = msgspec.json.decode(change.body, type=catalogue.DatasetVersion)
    return version if version.erased is not None else None


def source_hash(app: App, profile: Profile) -> str:
    """The hash of an application's source: its files in the order of their names, 64 hexadecimal digits."""
    module = sys.modules[f"dongting.apps.{app.name}"]
    path = Path(str(module.__file__))
    files = sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
    base = path.parent
    listing = b"".join(
        file.relative_to(base).as_posix().encode() + b"\0" + profile.hash(file.read_bytes()) for file in files
    )
    return profile.hash(listing).hex()


def installed_versions(profile: Profile) -> list[AppVersion]:
    """Name, version and source hash of each installed application, as genesis lists them."""
    return [AppVersion(app.name, app.version, source_hash(app, profile)) for app in APPS]
