"""How many messages may be under way by what the system lets a process open: each has a descriptor of its own."""

from __future__ import annotations

import logging
from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit, setrlimit

log = logging.getLogger(__name__)
SPARE = 300  # for the database, relays, the calls themselves and what libraries open


def descriptors(wanted: int) -> int:
    """Return how many of the ``wanted`` descriptors there are; the soft limit is raised for them, up to the hard one.

    It is raised no further than that: what closes every descriptor there could be would take its time.
    """
    soft, hard = getrlimit(RLIMIT_NOFILE)
    needed = wanted + SPARE
    if soft != RLIM_INFINITY and soft < needed:
        soft = needed if hard == RLIM_INFINITY else min(needed, hard)
        setrlimit(RLIMIT_NOFILE, (soft, hard))
    if soft == RLIM_INFINITY or soft >= needed:
        return wanted
    room = max(1, soft - SPARE)
    log.warning("few_descriptors limit=%s needed=%s messages=%s", soft, needed, room)
    return room
