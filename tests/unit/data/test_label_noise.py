"""Confident learning: planted wrong labels are found, ambiguous examples are left alone."""

import numpy as np
import pytest

from startsimple.data.label_noise import confident_learning


def planted(rate, n=4000, classes=5, sharp=4.0, seed=0):
    """Probabilities of a good model, labels of which a share is wrong, and which ones are."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, classes, n)
    logits = generator.standard_normal((n, classes)) + sharp * np.eye(classes)[truth]
    odds = np.exp(logits)
    wrong = generator.random(n) < rate
    y = np.where(wrong, (truth + generator.integers(1, classes, n)) % classes, truth)
    return odds / odds.sum(axis=1, keepdims=True), y, wrong, truth


def test_planted_labels_are_found_with_their_own_class():
    probabilities, y, wrong, truth = planted(0.08)
    noise = confident_learning(probabilities, y)
    found = set(noise.candidates.tolist())
    assert len(found & set(np.flatnonzero(wrong))) / wrong.sum() > 0.8
    top = noise.candidates[: wrong.sum() // 2]
    assert wrong[top].mean() > 0.95
    assert (noise.suggested[: len(top)] == truth[top]).mean() > 0.95
    assert noise.rate == pytest.approx(0.08, abs=0.03)
    assert (np.diff(noise.margins) <= 0).all()


def test_clean_labels_are_hardly_doubted():
    probabilities, y, _, _ = planted(0.0)
    noise = confident_learning(probabilities, y)
    assert len(noise.candidates) / len(y) < 0.02
    assert noise.rate < 0.02


def test_a_hard_class_is_not_doubted_for_being_hard():
    # Every example of class 1 looks half like class 0: hard, and rightly labelled.
    y = np.array([0] * 500 + [1] * 500)
    sure = np.tile([0.95, 0.05], (500, 1))
    torn = np.tile([0.52, 0.48], (500, 1))
    noise = confident_learning(np.concatenate([sure, torn]), y)
    assert len(noise.candidates) == 0


def test_a_class_without_examples_is_never_suggested():
    probabilities, y, _, _ = planted(0.1)
    kept = y != 3
    noise = confident_learning(probabilities[kept], y[kept])
    assert 3 not in noise.suggested
