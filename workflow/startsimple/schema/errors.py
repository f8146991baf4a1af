"""Errors that are sentences for people, and the nearest valid choice that they name."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Bad input: its message says what is wrong, where, and what to do; shown without traceback."""


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return a hint that names the valid choice nearest to a misspelt word.

    Args:
        word: What the user wrote.
        choices: The valid words.

    Returns:
        A sentence such as "Did you mean 'lr'? Valid: lr, name, weight_decay.".
    """
    valid = sorted(set(choices))
    close = difflib.get_close_matches(word, valid, n=1, cutoff=0.5)
    listed = f"Valid: {', '.join(valid)}."
    return f"Did you mean '{close[0]}'? {listed}" if close else listed
