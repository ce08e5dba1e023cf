"""What was noted when the article was taken in: the warnings stored with it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.articles.models import Article
from newsletter.articles.override import OVERRIDABLE
from newsletter.ingest.doctor.known import Known
from newsletter.ingest.doctor.odd import Odd, Where, odd

FIXES = {
    "duplicate_author": "Name the author once in the CMS.",
    "no_author": "Take the line out of the authors in the CMS.",
    "junk_title": "Compare it with the page and set the right title.",
    "unsure_title": "Compare it with the page and set the right title.",
    "short_body": "Export the page again, or see whether it is a page of links.",
    "junk_line": "Mend the page in the CMS and export it again.",
    "heading_alone": "Mend the page in the CMS and export it again.",
    "second_page": "Give the second page a file of its own.",
    "cut_file": "Export the page again: its end is missing.",
    "encoding": "Save the file as UTF-8 and send it again.",
}
TOLD_LIVE = ("no_teaser", "no_type", "no_address", "no_date", "derived_title")  # judged by the value in force instead
OTHER = "warning"


@dataclass(frozen=True, slots=True)
class Warned:
    """Stored warnings of one code; ``warning`` gathers those whose code is not in the table."""

    code: str
    exact: bool = False

    def candidates(self, known: Known) -> Where:
        if self.code != OTHER:
            return Where("a.warnings @> %s::jsonb", (json.dumps([{"code": self.code}]),))
        told = "select 1 from jsonb_array_elements(a.warnings) as w where not (w->>'code' = any(%s))"
        return Where(f"a.warnings <> '[]' and exists ({told})", ([*FIXES, *TOLD_LIVE],))

    def look(self, article: Article, known: Known) -> Iterable[Odd]:
        for warning in article.warnings:
            code, field = warning.get("code", ""), warning.get("field", "")
            mine = code == self.code or (self.code == OTHER and code not in FIXES and code not in TOLD_LIVE)
            if mine and field not in article.overrides:
                message = str(warning.get("message", ""))
                fix = FIXES.get(code, "Look at the page in the CMS.")
                yield odd(article, self.code, field, message, message, fix, settable=field in OVERRIDABLE)


WARNED = (*map(Warned, FIXES), Warned(OTHER))
