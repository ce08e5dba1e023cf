"""Find when the relay last took a letter without reading all of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ('newsletter', '0022_one_alef'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(condition=models.Q(('state', 'accepted')), fields=['finished_at'], name='letter_accepted'),
        ),
    ]
