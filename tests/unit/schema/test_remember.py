"""A remembered experiment is the composed one, and is forgotten when anything below it changes."""

import shutil
from pathlib import Path

import pytest

from startsimple.schema.compose import compose_experiment
from startsimple.schema.errors import UserError
from startsimple.schema.remember import CACHE, composed

CONF = Path(__file__).parents[3] / "conf"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(CONF, tmp_path / "conf")
    return tmp_path


def test_remembered_equals_composed(root: Path) -> None:
    direct = compose_experiment(root / "conf", "digits_mlp", ["seed=3"], "x")
    assert composed(root, "digits_mlp", ["seed=3"], "x") == direct
    assert composed(root, "digits_mlp", ["seed=3"], "x") == direct
    assert len(list((root / CACHE).iterdir())) == 1


def test_a_changed_file_is_composed_anew(root: Path) -> None:
    before = composed(root, "digits_mlp")
    path = root / "conf/optimizer/adam.yaml"
    path.write_text("name: adam\nlr: 0.5\n")
    assert before.config["optimizer"]["lr"] == 3e-4
    assert composed(root, "digits_mlp").config["optimizer"]["lr"] == 0.5


def test_other_overrides_and_labels_are_other_experiments(root: Path) -> None:
    runs = {
        composed(root, "digits_mlp", overrides, label).run
        for overrides in (None, ["seed=1"])
        for label in (None, "a")
    }
    assert len(runs) == 3


def test_damage_and_errors_are_not_remembered(root: Path) -> None:
    direct = composed(root, "digits_mlp")
    next((root / CACHE).iterdir()).write_text("{")
    assert composed(root, "digits_mlp") == direct
    for _ in range(2):
        with pytest.raises(UserError, match="digits_mpl"):
            composed(root, "digits_mpl")
