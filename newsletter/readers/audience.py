"""Who an issue is for: the candidates of a newsletter, and why some of them are left out."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from newsletter.catalogue.models import Newsletter

# One page of candidates in the order of reader ids. `exclusion` is NULL for those who get the issue. Who left is no
# candidate. Parameters: newsletter_id, after, limit. Freezing embeds it in its INSERT ... SELECT.
AUDIENCE_SQL = """
select r.id as reader_id, r.address, r.name, r.language, r.center, r.plan, r.tags,
       case when r.erased_at is not null or r.address = '' then 'erased'
            when x.id is not null then 'suppressed'
            when s.state = 'paused' then 'paused'
            when s.state = 'pending' then 'pending'
       end as exclusion
from newsletter_subscription s
join newsletter_reader r on r.id = s.reader_id
left join newsletter_suppression x on x.address_hash = r.address_hash and x.lifted_at is null
where s.newsletter_id = %(newsletter_id)s and s.state <> 'left' and s.reader_id > %(after)s
order by s.reader_id
limit %(limit)s
"""


def narrowed(condition: str) -> str:
    """Return ``AUDIENCE_SQL`` with one more condition on the subscription ``s`` and the reader ``r``."""
    return AUDIENCE_SQL.replace("\norder by", f"\n  and {condition}\norder by")


@dataclass(frozen=True, slots=True)
class AudienceCount:
    """How many readers would get an issue now, and how many would not, by reason."""

    included: int
    excluded: dict[str, int]


def audience_count(newsletter: Newsletter) -> AudienceCount:
    """Count the audience of a newsletter as it is now."""
    everybody = {"newsletter_id": newsletter.pk, "after": 0, "limit": None}
    with connection.cursor() as cursor:
        cursor.execute(f"select exclusion, count(*) from ({AUDIENCE_SQL}) as a group by exclusion", everybody)
        counts = dict(cursor.fetchall())
    included = counts.pop(None, 0)
    return AudienceCount(included, counts)
