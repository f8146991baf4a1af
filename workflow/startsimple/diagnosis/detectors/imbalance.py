"""Looks at classes of which there are few rows."""

from collections.abc import Iterator

import numpy as np

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.quick import class_labels, halves

# Above this share of the lost score the loop alone explains what is missing.
LOOP = 0.8
# What weights must add to a quick model's mean recall.
WEIGHTED = 0.05


def imbalance(case: Case) -> Iterator[Finding]:
    """D06: rare classes are never predicted, though a balanced model finds them (D-06)."""
    train, task = case.train_table, case.program.task
    if train is None or case.trained is None or task.kind not in ("classification", "binary"):
        return
    labels = class_labels(train.y, task)
    counts = np.unique(labels, return_counts=True)[1]
    if len(counts) < 2 or counts.max() / counts.min() < 5 or train.x.shape[1] > 4000:
        return
    if case.harmed and case.outcome.loop > LOOP:  # The loop alone is what keeps classes unseen.
        return
    recall = case.recall(case.trained)
    if recall is None:
        return
    balanced, plain = quick_recalls(case)
    if balanced - recall > 0.12 and recall < 0.8:
        share = counts.min() / counts.sum()
        note = (
            f"The rarest class has {share:.1%} of the rows; mean recall is {recall:.2f}, "
            f"a class-weighted model reaches {balanced:.2f}, the same without weights {plain:.2f}."
        )
        # Where weights make no difference to a quick model, few rows may be what is wrong.
        score = 0.9 if balanced - plain > WEIGHTED else 0.6
        yield Finding("D06", score, [note], "training labels")


def quick_recalls(case: Case) -> tuple[float, float]:
    """Return the mean recall of the better of two quick models, with classes weighted and not."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    assert case.train_table is not None
    table, task = case.train_table, case.program.task
    fit, score = (table, case.val_table) if case.val_table is not None else halves(table)
    y, truth = class_labels(fit.y, task), class_labels(score.y, task)

    def best(weight: str | None) -> float:
        models = [
            RandomForestClassifier(60, class_weight=weight, min_samples_leaf=8, random_state=0),
            make_pipeline(StandardScaler(), LogisticRegression(class_weight=weight, max_iter=300)),
        ]
        guesses = [m.fit(fit.x, y).predict(score.x) for m in models]
        return float(max(balanced_accuracy_score(truth, guess) for guess in guesses))

    return best("balanced"), best(None)


DETECTORS = [Detector("imbalance", "rare classes are found", imbalance)]
