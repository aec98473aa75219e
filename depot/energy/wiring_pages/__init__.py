"""Pages of the depot's cables, meters and the utility's tariff, and the sums that say what is guaranteed."""
