"""Every facet a selector can ask."""

from __future__ import annotations

from newsletter.articles.facet_keys import READS
from newsletter.selectors.facet import Facet
from newsletter.selectors.facets.age import Age
from newsletter.selectors.facets.keyed import Keyed
from newsletter.selectors.facets.published import Published

FACETS: dict[str, Facet] = {**{name: Keyed(name) for name in READS}, "published": Published(), "age": Age()}
