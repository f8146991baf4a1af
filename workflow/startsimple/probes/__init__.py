"""One measurement each: every probe runs a subject piece by piece and returns a judged check."""
