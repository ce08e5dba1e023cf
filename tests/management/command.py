"""The command as a test calls it: words in, exit code and what it said out, read where it is one JSON object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Run = Callable[..., tuple[int, Any]]
