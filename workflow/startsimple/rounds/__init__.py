"""Rounds: what to change next, what a change did, and how far the rounds have come."""
