from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chargers", "0005_long_request_ids"),
    ]

    operations = [
        migrations.AddField(
            model_name="charger",
            name="unused_password_hmacs",
            field=models.JSONField(
                blank=True, default=list, help_text="Sent before the next one, oldest first; each still lets it in"
            ),
        ),
    ]
