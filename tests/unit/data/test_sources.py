"""The shipped sources rebuild the bytes that their committed pointers pin."""

import random
from pathlib import Path

import numpy as np
import pytest

from startsimple.data.hashing import folder_md5
from startsimple.data.oracles import cross_validated, linear
from startsimple.data.pack import QUANTUM, Split, write_split
from startsimple.data.pointer import read_pointer
from startsimple.data.sources import adding, diabetes, digits, mnist1d
from startsimple.data.splits import folds
from startsimple.schema.compose import compose_experiment
from startsimple.schema.errors import UserError

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def generated() -> dict[str, Split]:
    return mnist1d.generate()


def rebuilt_md5(splits: dict[str, Split], folder: Path) -> str:
    for name, split in splits.items():
        write_split(folder / f"{name}.safetensors", split)
    return folder_md5(folder)


def test_mnist1d_is_what_its_pointer_pins(generated: dict[str, Split], tmp_path: Path) -> None:
    assert {name: split.x.shape for name, split in generated.items()} == {
        "train": (4000, 40),
        "test": (1000, 40),
    }
    assert rebuilt_md5(generated, tmp_path) == read_pointer(ROOT / "data/mnist1d.dvc").md5


def test_no_value_of_mnist1d_is_near_a_rounding_boundary(generated: dict[str, Split]) -> None:
    # Another processor's last bits move a value by about 1e-15: ten thousand times less.
    x = np.concatenate([split.x for split in generated.values()])
    steps = x / QUANTUM
    assert np.abs(steps - np.floor(steps) - 0.5).min() * QUANTUM > 1e-11


def test_a_linear_model_reaches_what_the_authors_published_and_solves_the_simplified_classes(
    generated: dict[str, Split],
) -> None:
    def accuracy(split: Split) -> float:
        fold = folds(split.y, split.x_id, 5, 0)
        return cross_validated(linear, split.x, split.y, fold)

    assert accuracy(generated["train"]) == pytest.approx(0.32, abs=0.03)
    chosen = compose_experiment(ROOT / "conf", "mnist1d_cnn").config["stage"]["simplify"]
    kept = np.flatnonzero(np.isin(generated["train"].y, chosen["classes"]))
    assert accuracy(generated["train"].take(kept)) > 0.98


def test_the_global_streams_are_left_as_they_were() -> None:
    random.seed(5)
    np.random.seed(5)
    expected = (random.random(), np.random.rand())
    random.seed(5)
    np.random.seed(5)
    mnist1d.generate(num_samples=20)
    assert (random.random(), np.random.rand()) == expected


def test_an_unknown_argument_names_the_nearest() -> None:
    with pytest.raises(UserError, match="Did you mean 'num_samples'"):
        mnist1d.generate(num_sample=20)


def test_digits_are_what_their_pointer_pins(tmp_path: Path) -> None:
    splits = digits.load()
    assert (len(splits["train"]), len(splits["test"])) == (1437, 360)
    shares = [np.bincount(split.y) / len(split) for split in splits.values()]
    assert np.abs(shares[0] - shares[1]).max() < 1 / 360
    assert not np.intersect1d(splits["train"].x_id, splits["test"].x_id).size
    assert rebuilt_md5(splits, tmp_path) == read_pointer(ROOT / "data/digits.dvc").md5


def test_diabetes_is_what_its_pointer_pins(tmp_path: Path) -> None:
    splits = diabetes.load()
    assert {name: split.x.shape for name, split in splits.items()} == {
        "train": (354, 10),
        "test": (88, 10),
    }
    assert (splits["train"].y.min(), splits["train"].y.max()) == (25, 346)
    assert rebuilt_md5(splits, tmp_path) == read_pointer(ROOT / "data/diabetes.dvc").md5


def test_shuffled_mnist1d_is_mnist1d_with_its_positions_permuted(
    generated: dict[str, Split], tmp_path: Path
) -> None:
    shuffled = mnist1d.generate(shuffle_seq=True)
    assert np.array_equal(shuffled["train"].y, generated["train"].y)
    first, other = (np.sort(part["train"].x, axis=1) for part in (generated, shuffled))
    assert first == pytest.approx(other)
    assert not np.allclose(shuffled["train"].x, generated["train"].x)
    assert rebuilt_md5(shuffled, tmp_path) == read_pointer(ROOT / "data/mnist1d_shuffled.dvc").md5


@pytest.mark.parametrize("length", [20, 50])
def test_the_adding_problem_has_its_known_answer_and_error(length: int, tmp_path: Path) -> None:
    splits = adding.generate(length)
    train = splits["train"]
    numbers, marks = train.x[:, 0], train.x[:, 1]
    halves = marks[:, : length // 2].sum(1), marks[:, length // 2 :].sum(1)
    assert (halves[0] == 1).all() and (halves[1] == 1).all() and set(np.unique(marks)) == {0, 1}
    assert train.y == pytest.approx(
        np.array([n[m == 1].sum() for n, m in zip(numbers, marks, strict=True)])
    )
    assert np.mean(np.square(train.y - 1)) == pytest.approx(1 / 6, rel=0.03)
    assert np.array_equal(adding.solve(train.x, train.y, train.x), train.y)
    md5 = read_pointer(ROOT / f"data/adding{length}.dvc").md5
    assert rebuilt_md5(splits, tmp_path) == md5
