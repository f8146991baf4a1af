"""A reference model in closed form: what the data alone say about the labels, without a network.

It is fitted in a second and predicts only examples that it has not seen. The checks ask it whether
labels belong to their inputs (D-02), whether the problem is too easy to be true (D-14), whether
two splits look alike to it (D-17) and which labels it would not have given (D-19).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from startsimple.data.features import random_features
from startsimple.data.oracles import discriminant
from startsimple.data.pack import Split
from startsimple.data.prepared import Prepared, Statistics
from startsimple.data.splits import folds, stratified
from startsimple.data.targets import Floats, Integers, Targets, is_regression, score

Scores = NDArray[np.float64]

# Enough examples to tell a few per cent of wrong labels, few enough to take a second.
ROWS = 4000
FEATURES = 384
_FOLDS = 5
_PENALTIES = np.logspace(-6, 2, 17)


@dataclass(frozen=True)
class Reference:
    """The reference model of one dataset.

    Attributes:
        train: The training examples that are looked at, standardised.
        val: The validation examples that are looked at, standardised.
        statistics: What they were standardised by.
        kind: The dataset's input type.
        seed: Seed of samples and folds.
    """

    train: Split
    val: Split
    statistics: Statistics
    kind: str
    seed: int

    @classmethod
    def of(cls, prepared: Prepared, kind: str, seed: int) -> "Reference":
        """Choose the examples that are looked at, at most ROWS of each split."""
        train, val = (sample(part, ROWS, seed) for part in (prepared.train, prepared.val))
        return cls(train, val, prepared.statistics, kind, seed)

    @property
    def regression(self) -> bool:
        """True if the labels are numbers and not classes."""
        return is_regression(self.train.y)

    def features(self, split: Split) -> Floats:
        """Describe inputs; fewer features where there are few examples to fit them with."""
        count = min(FEATURES, max(16, len(self.train) // 4))
        return random_features(split.x, self.kind, count)

    @cached_property
    def train_features(self) -> Floats:
        """Features of the training examples."""
        return self.features(self.train)

    @cached_property
    def _fitted(self) -> Callable[[Floats], Scores]:
        return fit(self.train_features, self.train.y)

    @cached_property
    def val_features(self) -> Floats:
        """Features of the validation examples."""
        return self.features(self.val)

    def scores(self, features: Floats) -> Scores:
        """Return posteriors, shape (n, labels), or predicted targets, shape (n, 1).

        Args:
            features: Of standardised examples that are not among the training ones.
        """
        return self._fitted(features)

    @cached_property
    def held_out(self) -> Scores:
        """Scores of the validation examples by the model of the training ones."""
        return self.scores(self.val_features)

    @cached_property
    def crossed(self) -> Scores:
        """Scores of the training examples, each by a model of the other four fifths."""
        fold = folds(self.train.y, self.train.x_id, _FOLDS, self.seed)
        labels = 1 if self.regression else len(self.labels)
        scores = np.zeros((len(self.train), labels))
        for held in range(_FOLDS):
            seen, unseen = fold != held, fold == held
            model = fit(self.train_features[seen], self.train.y[seen], self.labels)
            scores[unseen] = model(self.train_features[unseen])
        return scores

    @cached_property
    def labels(self) -> Integers:
        """The classes that occur, ascending; the columns of the scores."""
        return np.unique(self.train.y) if not self.regression else np.zeros(1, np.int64)

    def guesses(self, scores: Scores) -> Targets:
        """Return the predicted class or number of each example, shape (n,)."""
        return scores[:, 0] if self.regression else self.labels[scores.argmax(1)]

    def skill(self, scores: Scores, y: Targets) -> float:
        """Return the accuracy, or the share of the targets' variance that is explained."""
        return score(self.guesses(scores), y)


def sample(split: Split, count: int, seed: int) -> Split:
    """Return at most `count` examples, each class with its share."""
    if len(split) <= count:
        return split
    return split.take(stratified(split.y, split.x_id, count, seed))


def fit(features: Floats, y: Targets, labels: Integers | None = None) -> Callable[[Floats], Scores]:
    """Fit a linear model in closed form: shrunken discriminant analysis, or ridge regression.

    Args:
        features: Shape (n, features), any scale.
        y: Classes or numbers, shape (n,).
        labels: Columns of the scores; the classes of y if None.

    Returns:
        From features to posteriors, shape (m, labels), or targets, shape (m, 1).
    """
    mean, std = features.mean(0), features.std(0)
    scale = np.where(std > 1e-6, std, 1)

    def scaled(raw: Floats) -> Scores:
        return ((raw - mean) / scale).astype(np.float64)

    if is_regression(y):
        level, weights = float(np.mean(y)), _ridge(scaled(features), y - np.mean(y))
        return lambda raw: (scaled(raw) @ weights + level)[:, None]
    present = np.unique(y)
    logits = discriminant(scaled(features), y)
    columns = np.searchsorted(present if labels is None else labels, present)
    width = len(present if labels is None else labels)

    def posteriors(raw: Floats) -> Scores:
        found = logits(scaled(raw))
        odds = np.exp(found - found.max(1, keepdims=True))
        scores = np.zeros((len(raw), width))
        scores[:, columns] = odds / odds.sum(1, keepdims=True)
        return scores

    return posteriors


def _ridge(rows: Scores, y: Targets) -> NDArray[np.float64]:
    """Return ridge regression's weights at the penalty of least generalised cross-validation.

    One decomposition serves every penalty, which makes it fifty times quicker than fitting each.

    Args:
        rows: Centred inputs, shape (n, features).
        y: Centred targets, shape (n,).
    """
    n = len(rows)
    values, vectors = np.linalg.eigh(rows.T @ rows / n)
    values = np.maximum(values, 0.0)
    along = vectors.T @ (rows.T @ y) / n
    penalties = _PENALTIES * max(float(values.mean()), 1e-12)
    kept = 1 / (values + penalties[:, None])
    residual = np.mean(np.square(y)) - (along**2 * kept * (2 - values * kept)).sum(1)
    freedom = np.maximum(1 - (values * kept).sum(1) / n, 1e-6)
    best = int(np.argmin(residual / freedom**2))
    return vectors @ (kept[best] * along)
