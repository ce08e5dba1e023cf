"""What a facet is: one question a selector asks, answered by SQL and, for explanations, by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from newsletter.articles.models import Article
from newsletter.expressions.tree import Clause
from newsletter.selectors.sql import Sql


class Facet(Protocol):
    """One plug of the socket; the contract test holds both answers to each other."""

    @property
    def name(self) -> str: ...

    @property
    def operators(self) -> tuple[str, ...]: ...

    @property
    def fields(self) -> tuple[str, ...]:
        """The article's fields it reads: what a person may have set by hand."""
        ...

    @property
    def blank(self) -> str:
        """What an article without a value is told to be: "empty"."""
        ...

    def complaint(self, operator: str, value: str) -> str:
        """Return why this value cannot be read, "" when it can."""
        ...

    def condition(self, clause: Clause, at: datetime) -> Sql:
        """Return the SQL side: true for the articles that pass, never NULL; ages are measured against ``at``."""
        ...

    def passes(self, clause: Clause, article: Article, at: datetime) -> bool:
        """Return the same for one article in memory."""
        ...

    def seen(self, article: Article) -> list[str]:
        """Return the values of an article as people read them; [] when it has none."""
        ...
