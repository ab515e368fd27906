"""Private conversations: threads that only their participants read. Stands on threads."""
