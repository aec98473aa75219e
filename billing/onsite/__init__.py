"""Money at the charger itself: price lists it holds, what it counted, payments there, VAT numbers (2.1 C18-C25, I)."""
