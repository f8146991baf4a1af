"""Looks for targets that belong to other rows, scattered over all splits."""

from collections.abc import Callable, Iterator

import numpy as np
from scipy import optimize, special, stats

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.references import best_reference
from startsimple.diagnosis.relations import rows_belong_together

# Noise of any spread, skew or tail gained at most 6 nats in simulation, 15 % swapped rows 32.
SURE = 15.0
FEW = 0.1
MOST = 0.85
# Fewer different targets than this share of the rows are steps, which a prediction falls between.
DISTINCT = 0.25
# Below this nothing is predicted, and no row can be said to have another's target.
PREDICTS = 0.1


def swapped_share(guess: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Fit the share of rows whose target has nothing to do with their prediction.

    A target is either its prediction plus normal noise, or drawn from the distribution of all
    targets. That is held against noise around the prediction, whatever its tails: normal, with some
    rows that are noisier than the others.

    Args:
        guess: Predictions by a model that has not seen the rows, (rows,).
        truth: Their targets, (rows,).

    Returns:
        The share, and by how many nats it explains the targets better than noise does.
    """
    y, f = stats.zscore(truth), stats.zscore(guess)
    anywhere = stats.gaussian_kde(y).logpdf(y)

    def near(p: np.ndarray, wider: float = 0.0) -> np.ndarray:
        return stats.norm.logpdf(y - p[0] - p[1] * f, scale=np.exp(p[2] + wider))

    def noisier(p: np.ndarray) -> float:
        return -_mixed(near(p, np.exp(p[4])), near(p), p[3]).sum()

    def elsewhere(p: np.ndarray) -> float:
        return -_mixed(anywhere, near(p), p[3]).sum()

    plain, swapped = _least(noisier, 5), _least(elsewhere, 4)
    return float(special.expit(swapped.x[3])), float(plain.fun - swapped.fun)


def _mixed(one: np.ndarray, other: np.ndarray, logit: float) -> np.ndarray:
    """Return the log density of a mixture, the first part's share given as a logit."""
    return np.logaddexp(one + special.log_expit(logit), other + special.log_expit(-logit))


def _least(cost: Callable[[np.ndarray], float], size: int) -> optimize.OptimizeResult:
    """Minimise from several starts: slope and log of the spread decide which optimum is found."""
    starts = [(0.0, slope, spread, 0, 0)[:size] for slope in (0.5, 1.0) for spread in (-2.0, -0.5)]
    found = [optimize.minimize(cost, start, method="Nelder-Mead") for start in starts]
    return found[int(np.argmin([result.fun for result in found]))]


def swapped(case: Case) -> Iterator[Finding]:
    """D07: some rows have a target that was drawn for another row."""
    table = case.train_table
    if case.program.task.kind != "regression" or table is None or table.y.shape[1] != 1:
        return
    if len(np.unique(table.y)) < DISTINCT * len(table.y) or rows_belong_together(case):
        return
    found = best_reference(case)
    if found is None or found[1].errors.skill[0] < PREDICTS:
        return
    name, best = found
    share, gain = swapped_share(best.guess[:, 0], best.truth[:, 0])
    if gain > SURE and FEW < share < MOST:
        note = (
            f"By the answers of {name}, {share:.0%} of the targets have nothing to do with their "
            f"row: that explains them {gain:.0f} nats better than noise of any tail."
        )
        yield Finding("D07", min(0.95, 0.8 + gain / 400), [note], "targets")


DETECTORS = [Detector("swapped", "every target belongs to its row", swapped)]
