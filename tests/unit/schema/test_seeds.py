"""Seeds: the same on every machine, and independent of their neighbours."""

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from startsimple.schema.seeds import derive


def test_values_are_pinned():
    assert [derive(0), derive(0, "weights"), derive(1, "run", 2)] == [
        3456079177858693020,
        2039098572050236917,
        7263558697886680154,
    ]


@given(st.integers(0, 2**63 - 1), st.text(), st.integers(0, 99))
def test_seeds_fit_every_generator(seed, name, number):
    value = derive(seed, name, number)
    assert 0 <= value < 2**63
    assert value == derive(seed, name, number)
    np.random.default_rng(value)
    random.Random(value)


def test_streams_of_neighbouring_seeds_and_names_do_not_meet():
    values = {derive(seed, name, k) for seed in range(20) for name in "abc" for k in range(20)}
    assert len(values) == 20 * 3 * 20


def test_neighbouring_streams_are_uncorrelated():
    draws = np.array([np.random.default_rng(derive(7, "s", k)).normal(size=400) for k in range(30)])
    correlations = np.corrcoef(draws)[np.triu_indices(30, 1)]
    # 435 correlations of independent streams: their standard error is 1/sqrt(400).
    assert np.abs(correlations).max() < 4.5 / 20
    bits = np.array([[derive(k) >> bit & 1 for bit in range(63)] for k in range(400)])
    assert np.all(np.abs(bits.mean(0) - 0.5) < 0.13)
