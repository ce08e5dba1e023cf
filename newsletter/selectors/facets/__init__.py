"""Every facet a selector can ask. A new one over values needs its reading in ``articles.facet_keys`` as well."""

from __future__ import annotations

from newsletter.selectors.facet import Facet
from newsletter.selectors.facets.age import Age
from newsletter.selectors.facets.keyed import Keyed
from newsletter.selectors.facets.published import Published

FACETS: dict[str, Facet] = {
    "newsletter": Keyed("newsletter", ("newsletters",)),
    "affiliation": Keyed("affiliation", ("center_codes", "program_codes")),
    "center": Keyed("center", ("center_codes", "centers")),
    "program": Keyed("program", ("program_codes", "programs")),
    "primary-center": Keyed("primary-center", ("primary_center",)),
    "project": Keyed("project", ("projects",)),
    "collection": Keyed("collection", ("collections",)),
    "region": Keyed("region", ("regions",)),
    "topic": Keyed("topic", ("topics",)),
    "type": Keyed("type", ("type",)),
    "blog": Keyed("blog", ("blog",)),
    "author": Keyed("author", ("authors",)),
    "source": Keyed("source", ()),
    "language": Keyed("language", ("language",)),
    "published": Published(),
    "age": Age(),
}
