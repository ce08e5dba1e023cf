"""Pictures for tests, drawn on the spot."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageDraw


def picture(width: int = 1600, height: int = 900, kind: str = "JPEG", **how: Any) -> bytes:
    """A photograph of sorts: left half red, right half blue, noise on both so that it has many colours."""
    drawn = Image.merge("RGB", [Image.effect_noise((width, height), 60) for _ in range(3)])
    pen = ImageDraw.Draw(drawn, "RGBA")
    pen.rectangle((0, 0, width // 2, height), fill=(255, 0, 0, 190))
    pen.rectangle((width // 2, 0, width, height), fill=(0, 0, 255, 190))
    target = io.BytesIO()
    drawn.save(target, kind, **how)
    return target.getvalue()


def flat(width: int = 300, height: int = 200, kind: str = "PNG", mode: str = "RGBA", **how: Any) -> bytes:
    """A drawing of few colours, see-through where the mode allows."""
    drawn = Image.new(mode, (width, height), 0)
    ImageDraw.Draw(drawn).rectangle(
        (10, 10, width // 2, height // 2), fill=1 if mode == "P" else (0, 90, 60, 255)[: len(mode)]
    )
    target = io.BytesIO()
    drawn.save(target, kind, **how)
    return target.getvalue()


def opened(octets: bytes) -> Image.Image:
    """What a mail program sees."""
    seen = Image.open(io.BytesIO(octets))
    seen.load()
    return seen
