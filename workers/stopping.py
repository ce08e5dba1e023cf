"""One byte shared with every child: "begin nothing new"."""

from __future__ import annotations

import mmap
import signal
from types import FrameType

_flag = mmap.mmap(-1, 1)  # anonymous and shared: made before the children are forked


def say() -> None:
    """Ask every slice of this worker to end soon."""
    _flag[0] = 1


def said() -> bool:
    """Return whether somebody asked."""
    return _flag[0] == 1


def heed_term() -> None:
    """Make SIGTERM in this process mean the same."""
    signal.signal(signal.SIGTERM, _on_term)


def _on_term(_number: int, _frame: FrameType | None) -> None:
    say()
