"""A deadline for headers: the read timeout of requests restarts with every byte, so that dripped headers never time out.

The body needs no such thing: http_client reads it piece by piece, and looks at the time between them.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class HeaderDeadlineAdapter(HTTPAdapter):
    """Gives up a connection whose answer's headers are not there after `seconds()`: raises requests.ReadTimeout."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self.seconds = seconds
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """The usual pools, of connections that look at the time."""
        super().init_poolmanager(*args, **options)
        plain = type("_Pool", (HTTPConnectionPool,), {"ConnectionCls": _timed(HTTPConnection, self.seconds)})
        safe = type("_SafePool", (HTTPSConnectionPool,), {"ConnectionCls": _timed(HTTPSConnection, self.seconds)})
        self.poolmanager.pool_classes_by_scheme = {"http": plain, "https": safe}


def _timed(kind: type[Any], seconds: Callable[[], float]) -> type[Any]:
    def getresponse(self: Any) -> Any:
        connected, late = self.sock, threading.Event()

        def cut() -> None:
            late.set()
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connected, socket.SHUT_RDWR)  # whoever reads it then finds its end

        timer = threading.Timer(max(0.05, seconds()), cut)
        timer.daemon = True
        timer.start()
        try:
            response = kind.getresponse(self)
        finally:
            timer.cancel()
            if late.is_set():  # half of the headers look like whole ones
                raise TimeoutError("the headers did not come in time")
        return response

    return type(kind.__name__, (kind,), {"getresponse": getresponse})
