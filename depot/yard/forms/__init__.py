"""What is typed into the yard's pages, checked in the reader's words; what a user may choose ends at his depots."""
