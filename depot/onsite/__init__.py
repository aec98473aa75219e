"""What a charger of 2.1 does beside charging: grid rules, streams, swaps, money at the charger. Wiring and pages."""
