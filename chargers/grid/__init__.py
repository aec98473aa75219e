"""What a charger does for the grid: its inverter's rules and alarms, priority, dynamic limits, the reserve (2.1)."""
