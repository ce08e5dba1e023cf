"""An error that Redis answers with, such as "out of memory", is like its absence: connect again, later.

Kombu takes it for an error of the program and ends the worker, and with it the pump, although a send needs no Redis.
A transport class of our own cannot be named beside a redis:// address, so kombu's own one is told.
"""

from __future__ import annotations

from kombu.transport.redis import Transport
from redis.exceptions import ResponseError


def be_patient() -> None:
    """Make the worker reconnect after such answers."""
    if ResponseError not in Transport.connection_errors:
        Transport.connection_errors = (*Transport.connection_errors, ResponseError)
