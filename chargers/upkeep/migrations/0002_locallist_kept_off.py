from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("upkeep", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="locallist",
            name="kept_off",
            field=models.JSONField(
                blank=True, default=list, help_text="Keys of tokens whose customer was to be forgotten here"
            ),
        ),
    ]
