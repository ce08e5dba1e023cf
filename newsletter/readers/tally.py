"""How many readers of an audience are of a group."""

from __future__ import annotations

from django.db import connection

from newsletter.catalogue.models import Newsletter
from newsletter.readers.audience import AUDIENCE_SQL
from newsletter.readers.group import combination_sql


def group_count(newsletter: Newsletter, group: str) -> int:
    """Return how many readers of a group would get an issue now."""
    combination, values = combination_sql([group])
    everybody = {"newsletter_id": newsletter.pk, "after": 0, "limit": None, **values}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM ({AUDIENCE_SQL}) a WHERE a.exclusion IS NULL AND {combination} = 1", everybody
        )
        return int(cursor.fetchone()[0])
