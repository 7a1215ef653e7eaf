"""The public page of one log entry: whether the log holds an entry with that hash there, and since when.

It shows nothing of what the entry says. Documents that are printed lead here by a QR code.
"""

import re
from contextlib import suppress

from dongting.errors import Refused
from dongting.http.codes import NOT_FOUND
from dongting.http.messages import Reply
from dongting.kernel.codes import REDACTED
from dongting.web.site import Site
from dongting.web.visits import Visit
from dongting.wire import receipt
from dongting.wire.merkle import leaf_hash
from dongting.wire.profile import profile_named

_PLACE = re.compile(r"([0-9]{1,15})\.([0-9a-f]{64})")


async def entry(site: Site, visit: Visit) -> Reply:
    """GET /verify/INDEX.HASH."""
    named = _PLACE.fullmatch(visit.named["id"])
    if named is None:
        raise Refused(NOT_FOUND)
    index, printed = int(named[1]), named[2]
    same, recorded, redacted = False, None, False
    try:
        profile = profile_named(site.genesis.profile)
        same = leaf_hash(profile, await site.facade.leaf(index)).hex() == printed
    except Refused as refused:
        redacted = str(refused.code) == str(REDACTED)
        if not redacted and refused.code.status >= 500:
            raise
    if same:
        with suppress(Refused):  # a locked log key signs no receipt, and a block end has none
            recorded = receipt.decode(await site.facade.receipt(index)).time
    return site.page(
        visit, "printed.html", section="verify", index=index, printed=printed, same=same, recorded=recorded,
        redacted=redacted,
    )  # fmt: skip
