"""Every facet a group of readers can ask."""

from __future__ import annotations

from newsletter.readers.facet import ReaderFacet
from newsletter.readers.facets.center import Center
from newsletter.readers.facets.language import Language
from newsletter.readers.facets.plan import Plan
from newsletter.readers.facets.tag import Tag

FACETS: dict[str, ReaderFacet] = {"language": Language(), "center": Center(), "plan": Plan(), "tag": Tag()}
