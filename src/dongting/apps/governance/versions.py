"""Which version of each application the network runs, and from which height (kernel rule 11).

A version is a number and the hash of the application's source. It counts from an agreed height in the
future, so that every node can be prepared; one that is announced can still be put off or replaced.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from dongting.appkit.app import COLLECTIVE, Record
from dongting.appkit.context import Context, Reader
from dongting.appkit.fields import Count, Digest, Slug, says
from dongting.apps.governance.codes import HEIGHT_PASSED, NOT_NEWER
from dongting.apps.governance.declaration import app
from dongting.errors import require

INSTALLATION: Literal["network"] = "network"  # the id of the one record

VersionNumber = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class AppVersion(Record, frozen=True):
    """One version of one application and the height from which it counts."""

    app: Annotated[Slug, says("Application", "应用")]
    version: Annotated[VersionNumber, says("Version", "版本")]
    hash: Annotated[Digest, says("Hash of the source", "源代码摘要")]
    from_height: Annotated[Count, says("From height", "生效高度")]


@app.record(("Installation", "已安装应用"))
class Installation(Record, frozen=True):
    """All versions that the network ever ran, and those announced, in the order of their agreement."""

    id: Annotated[Literal["network"], says("Id", "编号")]
    versions: Annotated[tuple[AppVersion, ...], says("Versions", "版本")]


class InstallApp(Record, frozen=True):
    id: Annotated[Literal["network"], says("Id", "编号")]
    app: Annotated[Slug, says("Application", "应用")]
    version: Annotated[VersionNumber, says("Version", "版本")]
    hash: Annotated[Digest, says("Hash of the source", "源代码摘要")]
    from_height: Annotated[Count, says("From height", "生效高度")]


def schedule(reader: Reader) -> tuple[AppVersion, ...]:
    """Every version with its hash and height, past, present and announced."""
    found = reader.get(Installation, INSTALLATION)
    return () if found is None else found.versions


def versions(reader: Reader) -> Mapping[str, int]:
    """The version of each application that is active at the reader's height."""
    height = reader.height
    return {each.app: each.version for each in schedule(reader) if each.from_height <= height}


@app.action(
    ("Install a version of an application", "安装应用版本"), about=Installation, by=COLLECTIVE,
    says=(
        "By resolution of the founders, the network runs version {version} of {app}"
        " from height {from_height} on.",
        "经发起方决议，自高度 {from_height} 起，本网络运行 {app} 第 {version} 版。",
    ),
)  # fmt: skip
def install_app(ctx: Context, new: InstallApp) -> None:
    """Agree on a version of an application and on the height from which it counts."""
    require(new.from_height > ctx.height, HEIGHT_PASSED, height=ctx.height)
    present = versions(ctx).get(new.app, 0)
    require(new.version > present, NOT_NEWER, app=new.app, present=present)
    # What was announced for this application and does not count yet is replaced.
    kept = tuple(v for v in schedule(ctx) if v.app != new.app or v.from_height <= ctx.height)
    added = AppVersion(app=new.app, version=new.version, hash=new.hash, from_height=new.from_height)
    ctx.put(Installation(id=INSTALLATION, versions=(*kept, added)))
