"""What a charger reports of itself beyond its settings: monitors, alerts, display, others' limits, vehicles' needs."""
