from django.db import migrations, models

STEPS = [
    ("BatteryIn", "Put in"),
    ("BatteryOut", "Taken out"),
    ("BatteryOutTimeout", "Offered and not taken"),
    ("Unknown", "Something else"),
]


class Migration(migrations.Migration):
    dependencies = [("swapping", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="batteryswap",
            name="step",
            field=models.CharField(choices=STEPS, help_text="The last one told", max_length=20),
        ),
        migrations.AlterField(
            model_name="swappedbattery", name="step", field=models.CharField(choices=STEPS, max_length=20)
        ),
    ]
