"""Slices: groups of examples whose error differs, declared by attribute or found by a tree."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from startsimple.data.pack import Floats, Split
from startsimple.training.error_sets import Errors, ErrorSet, difference
from startsimple.training.statistics import Estimate

# A tree of this depth has at most eight leaves, each a rule of at most three comparisons.
_DEPTH = 3
_LEAF_SHARE, _LEAF_LEAST = 0.05, 10
_FEATURES_MAX = 256

Attribute = Callable[[Split], NDArray[np.generic]]


@dataclass(frozen=True)
class Slice:
    """One group of examples.

    Attributes:
        name: The attribute's value, or the tree's rule.
        count: Examples in it.
        error: Their error, with its interval.
        excess: Error above that of all other examples, with its interval.
        contribution: Errors in it as a share of all examples: the most that mending it can gain.
        members: Which examples are in it, shape (n,).
    """

    name: str
    count: int
    error: Estimate
    excess: Estimate
    contribution: float
    members: NDArray[np.bool_]

    @property
    def worse(self) -> bool:
        """True if the group is harder than the rest, beyond its interval."""
        return self.excess.low > 0


def label(split: Split) -> NDArray[np.generic]:
    """Return the label of each example."""
    return split.y


def level(split: Split) -> NDArray[np.generic]:
    """Return the quarter that each input's mean falls into, from "lowest" to "highest"."""
    return _quarters(_rows(split.x).mean(axis=1))


def spread(split: Split) -> NDArray[np.generic]:
    """Return the quarter that each input's standard deviation falls into."""
    return _quarters(_rows(split.x).std(axis=1))


def declared_slices(
    values: Mapping[str, NDArray[np.generic]], errors: Errors, confidence: float
) -> list[Slice]:
    """Slice by every value of every attribute (E-11).

    Args:
        values: Attributes by name, each of shape (n,).
        errors: Errors of the runs, shape (runs, n).
        confidence: Of all slices' intervals together.

    Returns:
        The slices, the largest contribution first.
    """
    groups = {
        f"{name} = {value}": column == value
        for name, column in values.items()
        for value in np.unique(column)
    }
    return _sliced(groups, errors, confidence)


def discovered_slices(split: Split, errors: Errors, confidence: float, seed: int) -> list[Slice]:
    """Find slices by a shallow tree on half of the examples and measure them on the other half.

    Measured on the half that found them, the worst of many slices would look worse than it is.

    Args:
        split: The examples, whose inputs are the tree's features, with level and spread.
        errors: Errors of the runs, shape (runs, n).
        confidence: Of all slices' intervals together.
        seed: Seed of the halves.

    Returns:
        The slices, the largest contribution first; none if the tree finds nothing to split by.
    """
    from sklearn.tree import DecisionTreeRegressor

    features, names = _features(split.x)
    order = np.random.default_rng(seed).permutation(len(split))
    found, held = order[: len(order) // 2], order[len(order) // 2 :]
    leaf = max(_LEAF_LEAST, round(_LEAF_SHARE * len(found)))
    tree = DecisionTreeRegressor(max_depth=_DEPTH, min_samples_leaf=leaf, random_state=0)
    tree.fit(features[found], errors.mean(axis=0)[found])
    leaves = tree.apply(features[held])
    rules = _rules(tree.tree_, names)
    if len(rules) < 2:
        return []
    groups = {rules[node]: leaves == node for node in rules if (leaves == node).any()}
    return _sliced(groups, errors[:, held], confidence)


def _sliced(
    groups: Mapping[str, NDArray[np.bool_]], errors: Errors, confidence: float
) -> list[Slice]:
    shared = 1 - (1 - confidence) / max(len(groups), 1)
    slices: list[Slice] = []
    for name, members in groups.items():
        count = int(members.sum())
        if not 0 < count < len(members):
            continue
        inside, rest = ErrorSet.of(errors[:, members]), ErrorSet.of(errors[:, ~members])
        contribution = inside.mean * count / len(members)
        slices.append(
            Slice(
                name,
                count,
                inside.interval(shared),
                difference(rest, inside, shared),
                contribution,
                members,
            )
        )
    return sorted(slices, key=lambda one: -one.contribution)


def _features(x: Floats) -> tuple[NDArray[np.float64], list[str]]:
    """Return inputs as columns, thinned out where they are many, with their level and spread."""
    rows = _rows(x)
    step = -(-rows.shape[1] // _FEATURES_MAX)
    names = [f"x[{position}]" for position in range(0, rows.shape[1], step)]
    columns = [rows[:, ::step], rows.mean(axis=1)[:, None], rows.std(axis=1)[:, None]]
    return np.concatenate(columns, axis=1), [*names, "level", "spread"]


def _rules(tree: object, names: list[str]) -> dict[int, str]:
    """Return the path to every leaf in words."""
    left, right = tree.children_left, tree.children_right  # type: ignore[attr-defined]
    rules: dict[int, str] = {}
    stack: list[tuple[int, list[str]]] = [(0, [])]
    while stack:
        node, path = stack.pop()
        if left[node] == right[node]:
            rules[node] = " and ".join(path)
            continue
        name = names[tree.feature[node]]  # type: ignore[attr-defined]
        bound = f"{tree.threshold[node]:.2f}"  # type: ignore[attr-defined]
        stack.append((int(right[node]), [*path, f"{name} > {bound}"]))
        stack.append((int(left[node]), [*path, f"{name} ≤ {bound}"]))
    return rules


def _rows(x: Floats) -> NDArray[np.float64]:
    return x.reshape(len(x), -1).astype(np.float64)


def _quarters(values: NDArray[np.float64]) -> NDArray[np.generic]:
    names = np.array(["lowest quarter", "second quarter", "third quarter", "highest quarter"])
    return names[np.searchsorted(np.quantile(values, [0.25, 0.5, 0.75]), values, side="right")]
