"""What each charger may hold of charging profiles, kept from what it was asked, what it answered and what befell it."""
