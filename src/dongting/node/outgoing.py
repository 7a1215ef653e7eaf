"""Waiting for the network in a thread that holds up nobody's end."""

import asyncio
import contextlib
from collections.abc import Callable
from threading import Thread
from typing import TypeVar, cast

Result = TypeVar("Result")


async def in_thread(call: Callable[[], Result]) -> Result:
    """What a call that waits for the network returns or raises; the process may end before it does."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, error: BaseException | None) -> None:
        if not answer.done():
            if error is None:
                answer.set_result(cast(Result, result))
            else:
                answer.set_exception(error)

    def work() -> None:
        try:
            told: tuple[Result | None, BaseException | None] = (call(), None)
        except BaseException as error:  # whoever asked must get an answer
            told = (None, error)
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, *told)

    Thread(target=work, daemon=True, name="outgoing").start()
    return await answer
