"""Certificates: our authority for chargers, those it signed, those that chargers hold, and by what each must come."""
