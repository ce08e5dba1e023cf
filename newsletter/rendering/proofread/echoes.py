"""43 · No word stands twice in the headlines of one issue."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet
from newsletter.rendering.words import base

SHORTEST = 5  # letters of a word that counts
SHORTEST_CJK = 4  # signs in a row that stand in two headlines
# fmt: off
COMMON = frozenset([  # words that hold sentences together
    "about", "after", "again", "against", "before", "behind", "being", "below", "between", "beyond", "could", "doesn",
    "during", "every", "first", "great", "inside", "might", "never", "other", "should", "since", "still", "their",
    "there", "these", "those", "through", "today", "under", "until", "where", "which", "while", "whose", "without",
    "would",
    "après", "avant", "avec", "cette", "comme", "comment", "contre", "dans", "depuis", "encore", "entre", "leurs",
    "notre", "pourquoi", "quand", "quels", "sans", "selon", "toujours", "toute", "votre",
    "ahora", "antes", "aunque", "como", "cómo", "contra", "cuando", "cuándo", "desde", "donde", "dónde", "después",
    "entre", "hacia", "hasta", "nuestra", "nuestro", "nueva", "nuevo", "porque", "sobre", "también",
    "будет", "были", "вместо", "всего", "далее", "если", "зачем", "когда", "который", "между", "может", "новый",
    "новая", "перед", "после", "почему", "против", "сегодня", "через", "чтобы", "этого",
])
# fmt: on
_WORD = re.compile(rf"[^\W\d_]{{{SHORTEST},}}(?:['’][^\W\d_]+)?")
_CJK = re.compile(r"[\u3400-\u9fff]+")


def check(sheet: Sheet) -> Iterator[Finding]:
    """Count the longer words of all headlines; a story that stands in two sections counts once."""
    counts: Counter[str] = Counter()
    headlines = {item.article_id: item for item in sheet.items}
    for item in headlines.values():
        counts.update(_words(item.headline, item.language))
    for word, times in counts.items():
        if times > 1:
            yield Finding("echoes", "W", f"“{word}”", f"It stands {times} times in the headlines; reword one.")


def _words(headline: str, language: str) -> list[str]:
    if base(language) in ("zh", "ja"):
        runs = _CJK.findall(headline)
        return [run[at : at + SHORTEST_CJK] for run in runs for at in range(len(run) - SHORTEST_CJK + 1)]
    words = [word.casefold() for word in _WORD.findall(headline)]
    return [word for word in words if word not in COMMON]
