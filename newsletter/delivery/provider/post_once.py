"""Have boto post a mail once: what to do after an answer that got lost is ours to decide, not a library's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def post_once(params: Mapping[str, Any], *, timeout_seconds: int) -> dict[str, Any]:
    """Return a boto3 client's parameters without retries: they post a mail again that may have been taken.

    Times and everything else are as ``params`` have them, where they do.
    """
    config = {"connect_timeout": timeout_seconds, "read_timeout": timeout_seconds, **params.get("config", {})}
    return {**params, "config": {**config, "retries": {"total_max_attempts": 1}}}
