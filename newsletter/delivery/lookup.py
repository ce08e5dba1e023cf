"""Where the relay is and what we call ourselves, looked up beside the loop: a silent resolver holds nothing up.

A resolver that does not answer takes ten seconds and more for each question, which is time in which a loop that
waited for it could neither hear a relay nor keep its leases.
"""

from __future__ import annotations

import socket
import threading
import time

FRESH_SECONDS = 2.0  # a failure that is older is asked about again before it is told
NAME_SECONDS = 2.0  # how long our own name is waited for; a relay given as an address needs no resolver
Place = tuple[int, tuple[object, ...]]  # family and address
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


class Lookup:
    """One relay's place. ``place`` waits for the answer, ``ready`` never does."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self.hello = socket.gethostname()  # what EHLO says
        self._place: Place | None = None
        self._failure: OSError | None = None
        self._failed_at = 0.0
        self._thread: threading.Thread | None = None
        self._begin()
        if host in _HERE and self._thread is not None:
            self._thread.join()  # no resolver is asked

    def ready(self) -> bool:
        """Return whether ``place`` would answer at once; begins to ask where nobody does."""
        if self._thread is not None and self._thread.is_alive():
            return False
        if self._place is None and (self._failure is None or time.monotonic() - self._failed_at > FRESH_SECONDS):
            self._begin()
            return False
        return True

    def place(self) -> Place | OSError:
        """Return the place, or why there is none; the latter only once, then it is asked for again."""
        while not self.ready():
            if self._thread is not None:
                self._thread.join()
        failure, self._failure = self._failure, None
        return self._place or failure or OSError("no address")

    def _begin(self) -> None:
        self._failure = None
        self._thread = threading.Thread(target=self._ask, name="lookup", daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        naming = threading.Thread(target=self._name_us, name="lookup", daemon=True)
        naming.start()
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # the latter of what cannot be a name
            self._failure = error if isinstance(error, OSError) else OSError(0, "not a name")
            self._failed_at = time.monotonic()
            return
        naming.join(NAME_SECONDS)
        self._place = (int(found[0][0]), found[0][4])

    def _name_us(self) -> None:
        self.hello = "localhost" if self._host in _HERE else socket.getfqdn()
