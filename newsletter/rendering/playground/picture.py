"""Pictures for made-up issues, drawn here: there is nothing to fetch."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

_SAMPLE = re.compile(r'src="https://www\.meridian-institute\.example/images/(\d+)\.jpg"')


def with_pictures(html: str, address: Callable[[int], str]) -> str:
    """Return ``html`` with the pictures of a made-up issue at addresses that there are."""
    return _SAMPLE.sub(lambda found: f'src="{address(int(found[1]))}"', html)


def inside(number: int) -> str:
    """Return a data address that holds the picture itself, for pages that may fetch nothing."""
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn(number).encode()).decode()}"


def drawn(number: int) -> str:
    """Return a made-up picture of 16 to 9: a sun over hills, in colours of its own."""
    hue = number * 67 % 360
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 675" width="1200" height="675">'
        f'<rect width="1200" height="675" fill="hsl({hue} 45% 82%)"/>'
        f'<circle cx="{300 + number * 173 % 600}" cy="220" r="80" fill="hsl({hue + 40} 80% 92%)"/>'
        f'<path d="M0 430Q300 {300 + number * 31 % 90} 620 430T1200 400V675H0Z" fill="hsl({hue} 35% 55%)"/>'
        f'<path d="M0 540Q260 430 560 520T1200 490V675H0Z" fill="hsl({hue} 40% 35%)"/></svg>'
    )
