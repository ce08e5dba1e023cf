"""Keep when a freeze last moved, so that one that stands still is noticed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0023_accepted_letters")]

    operations = [
        migrations.AddField(
            model_name="sending", name="moved_at", field=models.DateTimeField(blank=True, null=True)
        ),
    ]
