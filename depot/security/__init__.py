"""Pages and REST of the certificate authority, and of how each charger proves who it is."""
