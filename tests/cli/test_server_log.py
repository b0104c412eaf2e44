"""What a server logs, and what it leaves out."""

import asyncio
import logging
import sys

import pytest

from daybook.cli.server_log import NoStops


@pytest.mark.parametrize(
    ("error", "is_logged"), [(asyncio.CancelledError(), False), (ValueError(), True)]
)
def test_an_answer_that_a_stopping_server_broke_off_is_left_out(
    error: BaseException, is_logged: bool
) -> None:
    try:
        raise error
    except BaseException:  # noqa: BLE001  (as uvicorn does)
        what = ("uvicorn.error", logging.ERROR, "", 0, "Exception in ASGI application")
        record = logging.LogRecord(*what, (), sys.exc_info())

    assert NoStops().filter(record) is is_logged
