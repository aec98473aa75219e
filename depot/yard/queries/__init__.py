"""What the yard's pages read, in a bounded number of questions."""
