"""Small datasets that keep the contract, for tests that then break one clause."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from startsimple.data.pack import Split
from startsimple.data.store import pin
from startsimple.schema.datasets import DatasetConfig, SourceConfig

SOURCE = """
import numpy as np
from startsimple.data.pack import Split

def make(seed=0):
    generator = np.random.default_rng(seed)
    y = np.arange(60) % 3
    x = y[:, None] + generator.normal(size=(60, 4))
    keys = np.arange(60)
    part = lambda rows: Split(x[rows], y[rows], keys[rows], keys[rows])
    return {"train": part(slice(0, 45)), "test": part(slice(45, 60))}
"""


def clusters(rows: int, seed: int, first_key: int = 0, classes: int = 4) -> Split:
    """Return well separated clusters, float32 on the storage grid, shape (rows, 6)."""
    generator = np.random.default_rng(seed)
    centres = np.random.default_rng(7).normal(size=(classes, 6))
    y = generator.permutation(np.arange(rows) % classes)
    x = np.rint((centres[y] + 0.8 * generator.normal(size=(rows, 6))) * 4096) / 4096
    keys = np.arange(first_key, first_key + rows, dtype=np.int64)
    return Split(x.astype(np.float32), y.astype(np.int64), keys, keys)


@pytest.fixture
def train() -> Split:
    """Training examples: 400 rows, 4 classes, 6 features."""
    return clusters(400, seed=1)


@pytest.fixture
def test_split() -> Split:
    """Test examples with keys of their own."""
    return clusters(120, seed=2, first_key=1000)


@pytest.fixture
def vector_dataset() -> DatasetConfig:
    """Return a config that describes `train`."""
    return DatasetConfig(
        name="clusters",
        pointer="data/clusters.dvc",
        source=SourceConfig("startsimple.data.sources.digits.load"),
        input="vector",
        classes=4,
    )


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with code/planted_source.py and a git repository that uses DVC.

    DVC takes a second for each command, so tests copy this folder instead of making it anew.
    """
    folder = tmp_path_factory.mktemp("template")
    (folder / "code").mkdir()
    (folder / "code" / "planted_source.py").write_text(SOURCE)
    root = folder / "repository"
    root.mkdir()
    run(root, "git", "init", "-q")
    run(root, sys.executable, "-m", "dvc", "init", "-q")
    (root / ".dvc" / "config").write_text("[core]\n    analytics = false\n")
    return folder


@pytest.fixture(scope="session")
def pinned_template(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same with the planted dataset pinned."""
    folder = tmp_path_factory.mktemp("pinned") / "copy"
    shutil.copytree(template, folder)
    with pytest.MonkeyPatch.context() as patch:
        use_source(folder, patch)
        pin(planted_config(), folder / "repository", ("planted_source",))
    return folder


@pytest.fixture
def repository(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with DVC, and the planted source on the import path."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    use_source(tmp_path, monkeypatch)
    return tmp_path / "repository"


@pytest.fixture
def pinned(pinned_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with the planted dataset pinned, cached and in the workspace."""
    shutil.copytree(pinned_template, tmp_path, dirs_exist_ok=True)
    use_source(tmp_path, monkeypatch)
    return tmp_path / "repository"


def use_source(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Put the planted source on the import path, forgetting another test's copy."""
    patch.syspath_prepend(folder / "code")
    sys.modules.pop("planted_source", None)


def planted_config(function: str = "make") -> DatasetConfig:
    """Return a config whose source is a function of the planted module."""
    return DatasetConfig(
        name="planted",
        pointer="data/planted.dvc",
        source=SourceConfig(f"planted_source.{function}"),
        input="vector",
        classes=3,
    )


def run(root: Path, *command: str) -> str:
    """Run a command that must succeed; return what it printed."""
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
