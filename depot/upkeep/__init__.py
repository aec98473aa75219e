"""What the yard wants of its chargers: who may charge while a charger is cut off, and which settings they have."""
