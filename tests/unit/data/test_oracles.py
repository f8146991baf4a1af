"""The closed-form classifiers agree with scikit-learn's."""

import numpy as np
import pytest
from conftest import clusters

from startsimple.data.oracles import cross_validated, knn, linear, nearest_neighbours, oracle
from startsimple.data.splits import folds
from startsimple.schema.errors import UserError


def test_linear_agrees_with_linear_discriminant_analysis() -> None:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    train, held = clusters(300, 1), clusters(200, 2)
    reference = LinearDiscriminantAnalysis(solver="lsqr").fit(train.x, train.y).predict(held.x)
    assert (linear(train.x, train.y, held.x) == reference).mean() > 0.99


def test_knn_agrees_with_scikit_learn() -> None:
    from sklearn.neighbors import KNeighborsClassifier

    train, held = clusters(300, 1), clusters(2000, 2)
    reference = KNeighborsClassifier(5).fit(train.x, train.y)
    distances, positions = nearest_neighbours(train.x, held.x, 5)
    expected = reference.kneighbors(held.x)
    assert np.allclose(distances, expected[0], atol=1e-4)
    assert np.array_equal(positions, expected[1])
    assert np.array_equal(knn(train.x, train.y, held.x), reference.predict(held.x))


def test_constant_features_do_not_stop_the_linear_oracle() -> None:
    train = clusters(100, 1)
    x = np.concatenate([train.x, np.zeros((100, 3), np.float32)], axis=1)
    assert (linear(x, train.y, x) == train.y).mean() > 0.8


def test_cross_validation_scores_unseen_examples_only() -> None:
    noise = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    y = np.arange(300) % 3
    fold = folds(y, np.arange(300), 5, 0)
    # One neighbour would be right about every example that it has seen.
    score = cross_validated(lambda x, labels, queries: knn(x, labels, queries, 1), noise, y, fold)
    assert score < 0.5


def test_an_unknown_oracle_names_the_valid_ones() -> None:
    with pytest.raises(UserError, match="Did you mean 'linear'"):
        oracle("linaer")
