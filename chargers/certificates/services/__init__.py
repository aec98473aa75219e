"""What is done with certificates: authorities, signing and handing over, what chargers hold, moving to TLS."""
