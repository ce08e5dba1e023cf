"""How long a digest takes and how large it is, by template and language: ten articles, five pictures, warm.

``python -m benchmarks.render``; CPU milliseconds are those of this process without the compiler's child (medians),
so that other work on the machine counts little.
"""

from __future__ import annotations

import resource
import statistics
import time

from newsletter.rendering.confined import Against, OwnTemplate, render_confined
from newsletter.rendering.render import TEMPLATES, Rendering, render
from newsletter.rendering.sample import sample
from newsletter.rendering.words import LANGUAGES

NONCE = "0123456789abcdef"
ROUNDS = 15
NAMES = sorted(place.name.removesuffix(".mjml.j2") for place in (TEMPLATES / "digests").glob("*.mjml.j2"))


def main() -> None:
    """Print one line a template and language."""
    print(f"{'template':<10}{'language':<10}{'CPU ms':>8}{'wall ms':>9}{'HTML':>9}{'text':>8}")
    for template in NAMES:
        for language in LANGUAGES:
            cpu, wall, made = _timed(template, language)
            sizes = f"{len(made.html.encode()):>9,}{len(made.text.encode()):>8,}"
            print(f"{template:<10}{language:<10}{cpu:>8.1f}{wall:>9.1f}{sizes}")
    print(f"{'one of ones own, rendered apart and proofread':<45}{_apart():>8.1f} ms of wall")


def _timed(template: str, language: str) -> tuple[float, float, Rendering]:
    digest = sample(language)
    made = render(digest, template=template, nonce=NONCE)
    cpus, walls = [], []
    for _ in range(ROUNDS):
        before, begun = _cpu(), time.perf_counter()
        made = render(digest, template=template, nonce=NONCE)
        walls.append((time.perf_counter() - begun) * 1000)
        cpus.append((_cpu() - before) * 1000)
    return statistics.median(cpus), statistics.median(walls), made


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _apart() -> float:
    template = OwnTemplate("own", (TEMPLATES / "digests" / "classic.mjml.j2").read_text(encoding="utf-8"))
    digest, against, walls = sample("en"), Against(production=True), []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        render_confined(digest, template, nonce=NONCE, against=against)
        walls.append((time.perf_counter() - begun) * 1000)
    return statistics.median(walls)


if __name__ == "__main__":
    main()
