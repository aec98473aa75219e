"""The depot's energy over REST."""
