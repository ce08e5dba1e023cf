"""Write what is stored in the folded form anew: every alef is one since (``expressions.fold``)."""

from django.db import migrations

ALEF = "[\u0622\u0623\u0625\u0627\u0671][\u0653-\u0655]*"
OTHER = "[\u0622\u0623\u0625\u0671\u0653-\u0655]"
COLUMN = """
    UPDATE {table} SET {column} = ARRAY(
        SELECT DISTINCT regexp_replace(one, '{alef}', '\u0627', 'g') COLLATE "C" FROM unnest({column}) AS one ORDER BY 1
    ) WHERE array_to_string({column}, ' ') ~ '{other}'
"""
KEYS = COLUMN.format(table="newsletter_article", column="facet_keys", alef=ALEF, other=OTHER)
TAGS = COLUMN.format(table="newsletter_reader", column="tags", alef=ALEF, other=OTHER)
CENTERS = f"""
    UPDATE newsletter_reader SET center = regexp_replace(center, '{ALEF}', '\u0627', 'g') WHERE center ~ '{OTHER}'
"""


class Migration(migrations.Migration):
    dependencies = [
        ('newsletter', '0021_shared_folder'),
    ]

    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (KEYS, TAGS, CENTERS)]
