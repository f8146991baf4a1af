"""What people read: the ladder in the terminal and the self-contained page."""
