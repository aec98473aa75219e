"""What a charger should hold, what it says it holds, and what lies between: local lists and settings."""
