"""Draw pictures in a process of their own: what a decoder breaks of, or grows over, is that process alone."""

from __future__ import annotations

import json
import subprocess
import sys

from newsletter.errors import Invalid
from newsletter.images.reencode import Drawn, File

PATIENCE_SECONDS = 30
MOST_OCTETS = 15 << 20  # of a file taken in


def take_in(octets: bytes) -> Drawn:
    """Return master and renditions of a picture; raises ``Invalid`` (no_image, too_large) with the reason."""
    if len(octets) > MOST_OCTETS:
        most = MOST_OCTETS >> 20
        raise Invalid(f"The image is larger than {most} MB.", code="too_large", where="image", fix="Save it smaller.")
    return _drawn({"act": "take_in"}, octets)


def cut(master: bytes, *, crop: list[float], focus: list[float]) -> Drawn:
    """Return the renditions of a master, cut as told."""
    return _drawn({"act": "cut", "crop": crop, "focus": focus}, master)


def _drawn(order: dict[str, object], octets: bytes) -> Drawn:
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "newsletter.images.reencode"],
            input=json.dumps(order).encode() + b"\n" + octets,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refused("it takes too long to draw") from None
    head, _, rest = done.stdout.partition(b"\n")
    if done.returncode or not head:
        raise _refused("the decoder dies of it")
    told = json.loads(head)
    if "refused" in told:
        raise _refused(told["refused"])
    files = []
    for file in told["files"]:
        size = file["octets"]
        files.append(File(**{**file, "octets": rest[:size]}))
        rest = rest[size:]
    return Drawn(tuple(files), tuple(told["notes"]))


def _refused(why: str) -> Invalid:
    return Invalid(
        f"This is no image we can take: {why}.", code="no_image", where="image", fix="Give a JPEG, PNG, GIF or WebP."
    )
