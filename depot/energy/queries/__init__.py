"""What the depot's books say that a plan is made from."""
