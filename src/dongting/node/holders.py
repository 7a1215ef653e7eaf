"""Who holds the log of this node besides itself: whom it asks after it was restored from a backup."""

from typing import Annotated

from msgspec import Meta, Struct

from dongting.node.settings import documented


class RestoreSettings(Struct, frozen=True):
    """Whom a node asks after it was restored from a backup, besides the witnesses in witness.ask."""

    peers: Annotated[str, Meta(
        max_length=8000, pattern=r"^(https?://[!-~]+( https?://[!-~]+)*)?$(?!\n)"
    ), documented(
        "Addresses of nodes that hold this log (followers), separated by spaces: after a restore this node "
        "takes over from them what its backup lacks, and writes once all have answered.",
        "持有本日志的节点（跟随节点）的地址，以空格分隔：恢复后，本节点从它们取得备份所缺的内容，"
        "并在全部应答后恢复写入。",
        ("http:// or https:// addresses separated by spaces, or empty",
         "以空格分隔的 http:// 或 https:// 地址，或留空"),
    )] = ""  # fmt: skip

    @property
    def addresses(self) -> list[str]:
        """The addresses in `peers`, without a final slash."""
        return [each.rstrip("/") for each in self.peers.split()]
