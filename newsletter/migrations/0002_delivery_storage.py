"""Room for a delivery's moves inside its page: see docs/decisions/0004-delivery-tables.md."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE newsletter_delivery SET (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.05);"
            "ALTER TABLE newsletter_chunk SET (fillfactor = 50);",
            "ALTER TABLE newsletter_delivery RESET (fillfactor, autovacuum_vacuum_scale_factor);"
            "ALTER TABLE newsletter_chunk RESET (fillfactor);",
        )
    ]
