"""What the roof gives beyond the building's load goes into chosen vehicles, reading by reading."""
