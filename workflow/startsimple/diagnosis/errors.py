"""How wrong predictions are, row by row, beside those of the best constant answer."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Errors:
    """How wrong a network is about each of some rows.

    Attributes:
        rows: Error of each row: 0 or 1 for a class, a share of labels, or a square, (rows,).
        base: The same for the best constant answer, (rows,).
        kinds: Class of each row, all 0 where there are none, (rows,).
        sure: The network's confidence in its answers, (rows,); zeros unless it tells classes.
    """

    rows: np.ndarray
    base: np.ndarray
    kinds: np.ndarray
    sure: np.ndarray

    @property
    def constant(self) -> float:
        """Mean error of the best constant answer."""
        return max(float(self.base.mean()), 1e-12)

    @property
    def share(self) -> float:
        """Mean error as a share of the constant answer's: about 1 where nothing was learnt."""
        return float(self.rows.mean()) / self.constant

    @property
    def skill(self) -> tuple[float, float]:
        """One minus the share, and its standard error."""
        gain = self.base - self.rows
        return 1 - self.share, float(gain.std(ddof=1)) / len(gain) ** 0.5 / self.constant


def class_errors(guess: np.ndarray, truth: np.ndarray, sure: np.ndarray | None = None) -> Errors:
    """Compare predicted with true classes, (rows,) each."""
    kinds, counts = np.unique(truth, return_counts=True)
    base = (truth != kinds[counts.argmax()]).astype(float)
    return Errors(
        (guess != truth).astype(float),
        base,
        truth,
        np.zeros(len(truth)) if sure is None else sure,
    )


def label_errors(guess: np.ndarray, truth: np.ndarray) -> Errors:
    """Compare predicted with true labels, (rows, labels) each."""
    base = (truth != (truth.mean(0) > 0.5)).mean(1)
    none = np.zeros(len(truth))
    return Errors((guess != truth).mean(1), base, none, none)


def value_errors(guess: np.ndarray, goal: np.ndarray) -> Errors:
    """Compare predicted with true values, (rows, columns) each."""
    none = np.zeros(len(goal))
    base = ((goal - goal.mean(0)) ** 2).mean(1)
    return Errors(((guess - goal) ** 2).mean(1), base, none, none)
