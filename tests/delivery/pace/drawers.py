"""Draw tokens as fast as they come and print the monotonic second of each use: a program for ``test_bound``."""

from __future__ import annotations

import os
import random
import sys
import time

os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.settings"

import django

django.setup()

from newsletter.delivery.pace.deal import Deal  # noqa: E402
from newsletter.delivery.pace.purse import Purse  # noqa: E402
from newsletter.delivery.pace.rate import Limit  # noqa: E402


def main() -> None:
    """``drawers.py NAME RATE CAP SECONDS SEED REDIS_URL``; CAP -1 is none."""
    name, rate, cap, seconds, seed, url = sys.argv[1:]
    limit = Limit(name, float(rate), None if cap == "-1" else int(cap))
    purse, chance = Purse(Deal(url)), random.Random(seed)
    used: list[float] = []
    print("ready", flush=True)
    end = time.monotonic() + float(seconds)
    while (now := time.monotonic()) < end:
        if purse.has(limit, chance.choice((1, 3, 50)), now=now):
            purse.use(limit)
            used.append(time.monotonic())
            if limit.rate and chance.random() < 0.3 / limit.rate:
                time.sleep(chance.random() * 0.5)  # a worker that is held up keeps its tokens too long
        else:
            time.sleep(min(max(purse.wait(limit, now=now), 0.001), 0.05))
    purse.close()
    print(" ".join(f"{second:.6f}" for second in used))


if __name__ == "__main__":
    main()
