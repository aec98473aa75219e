"""Pages and REST of what a charger reports: monitors, alerts, limits of others, its display, what a vehicle needs."""
