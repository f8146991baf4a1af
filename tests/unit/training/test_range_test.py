"""The range test reads known curves right, and a loss that climbs back is told from noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from startsimple.training.range_test import regained, suggest


def ramp(steps=200, falls_at=1e-3, lowest=1e-1):
    """Return losses flat below one rate, falling above it, exploding beyond the lowest."""
    rates = 10.0 * 1e-8 ** (1 - np.arange(steps) / (steps - 1))
    fall = np.clip(np.log10(rates / falls_at) / np.log10(lowest / falls_at), 0, 1)
    return 2.3 - 2 * fall + np.where(rates > lowest, (rates / lowest) ** 3, 0)


def test_suggestions_lie_where_the_loss_falls():
    found = suggest(ramp(), 10.0)
    assert 1e-3 < found.steep < 1
    # The curve ends where it breaks out, just short of the lowest loss.
    assert found.tenth == pytest.approx(1e-2, rel=0.1)
    assert found.disagreement() > 1


def test_a_curve_that_never_falls_suggests_no_valley():
    assert suggest(np.linspace(1, 2, 100), 10.0).valley is None
    assert suggest(np.full(5, 1.0), 10.0).disagreement() is None


def test_the_curve_ends_where_the_loss_breaks_out():
    losses = ramp()
    losses[150:] = np.nan
    assert suggest(losses, 10.0) == suggest(np.concatenate([losses[:150], [np.inf] * 50]), 10.0)


@given(st.integers(0, 999))
def test_noise_around_a_falling_loss_is_no_rise(seed):
    noise = np.random.default_rng(seed).normal(0, 0.1, 500)
    assert regained(2.3 * np.exp(-np.arange(500) / 100) + noise) < 0.1


@pytest.mark.parametrize(
    ("losses", "least"),
    [
        (np.concatenate([np.linspace(2, 0.5, 250), np.linspace(0.5, 2, 250)]), 0.5),
        (np.concatenate([[2.0], np.full(100, 20.0), np.linspace(20, 0.1, 399)]), 8),
        (np.array([2.0, np.nan]), np.inf),
    ],
)
def test_a_loss_that_rises_early_or_late_is_told(losses, least):
    assert regained(losses) >= least
