"""The store: workspace, cache, remote or source, and in every case the pointer's bytes."""

import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from conftest import planted_config, run

from startsimple.data.hashing import file_md5s, folder_md5
from startsimple.data.pointer import read_pointer
from startsimple.data.proof import DataDifferError
from startsimple.data.store import materialise, pin, state
from startsimple.schema.errors import UserError

ALLOWED = ("planted_source",)


def flip_one_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_the_hash_is_the_one_that_dvc_computes(repository: Path) -> None:
    folder = repository / "data" / "some"
    (folder / "below").mkdir(parents=True)
    for name in ("b.bin", "a.bin", "below/ä.bin", "below.bin", "B.bin"):
        (folder / name).write_bytes(name.encode())
    run(repository, sys.executable, "-m", "dvc", "add", "-q", "data/some")
    assert folder_md5(folder) == read_pointer(repository / "data/some.dvc").md5


def test_a_pinned_dataset_is_clean_for_dvc_and_comes_from_the_workspace(pinned: Path) -> None:
    root, dataset = pinned, planted_config()
    assert run(root, sys.executable, "-m", "dvc", "status", "-q") == ""
    assert materialise(dataset, root, ALLOWED).origin == "workspace"
    assert state(dataset, root) == "as pinned"


def test_missing_data_come_from_cache_then_remote_then_source(pinned: Path, tmp_path: Path) -> None:
    root, dataset = pinned, planted_config()
    expected = read_pointer(root / dataset.pointer).md5
    shutil.rmtree(root / "data/planted")
    assert state(dataset, root) == "as pinned"
    found = materialise(dataset, root, ALLOWED)
    assert (found.origin, found.md5) == ("cache", expected)

    # A remote in a folder has the layout of the cache.
    shutil.copytree(root / ".dvc/cache", tmp_path / "remote")
    with (root / ".dvc/config").open("a") as config:
        config.write(f"    remote = near\n['remote \"near\"']\n    url = {tmp_path / 'remote'}\n")
    shutil.rmtree(root / "data/planted")
    shutil.rmtree(root / ".dvc/cache")
    assert materialise(dataset, root, ALLOWED).origin == "remote"

    shutil.rmtree(root / "data/planted")
    shutil.rmtree(root / ".dvc/cache")
    shutil.rmtree(tmp_path / "remote")
    assert materialise(dataset, root, ALLOWED).origin == "source"
    # What was rebuilt once is in the cache for the next time.
    shutil.rmtree(root / "data/planted")
    assert materialise(dataset, root, ALLOWED).origin == "cache"


def test_one_changed_byte_names_the_file_and_the_remedy(pinned: Path) -> None:
    root, dataset = pinned, planted_config()
    flip_one_byte(root / "data/planted/test.safetensors")
    assert state(dataset, root).startswith("differs: ")
    with pytest.raises(DataDifferError) as caught:
        materialise(dataset, root, ALLOWED)
    message = str(caught.value)
    assert message.startswith("data/planted/test.safetensors differs from data/planted.dvc (")
    assert "dvc checkout" in message
    assert "train" not in message
    # Without a cache the source tells which file it is.
    shutil.rmtree(root / ".dvc/cache")
    with pytest.raises(DataDifferError, match=r"^data/planted/test\.safetensors differs"):
        materialise(dataset, root, ALLOWED)


def test_a_file_that_is_missing_or_too_many_is_named(pinned: Path) -> None:
    root, dataset = pinned, planted_config()
    (root / "data/planted/train.safetensors").unlink()
    (root / "data/planted/notes.txt").write_text("mine")
    with pytest.raises(DataDifferError) as caught:
        materialise(dataset, root, ALLOWED)
    assert "notes.txt, data/planted/train.safetensors differ from" in str(caught.value)


def test_a_cache_with_changed_bytes_is_not_believed(pinned: Path) -> None:
    root, dataset = pinned, planted_config()
    md5 = file_md5s(root / "data/planted")["train.safetensors"]
    kept = root / ".dvc/cache/files/md5" / md5[:2] / md5[2:]
    kept.chmod(0o644)
    flip_one_byte(kept)
    kept.chmod(0o444)
    shutil.rmtree(root / "data/planted")
    with pytest.raises(DataDifferError, match=r"train\.safetensors differs.*cache"):
        materialise(dataset, root, ALLOWED)


def test_a_source_that_makes_other_data_than_were_pinned_is_refused(pinned: Path) -> None:
    root, dataset = pinned, planted_config()
    shutil.rmtree(root / "data/planted")
    shutil.rmtree(root / ".dvc/cache")
    dataset.source.args["seed"] = 1
    with pytest.raises(DataDifferError, match="no longer makes the data that were pinned"):
        materialise(dataset, root, ALLOWED)
    # Neither cache nor source knows the pinned files now: the folder is named, not a guess.
    with pytest.raises(DataDifferError, match=r"^data/planted differs"):
        materialise(dataset, root, ALLOWED)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("1 / 0", "failed with ZeroDivisionError: division by zero"),
        ("{'train': 1}", "must return a dict of splits named train and test"),
        ("{**make(), 'val': 1}", "must return a dict of splits named train and test"),
        ("{'train': 1, 'test': 2}", "must return startsimple.data.pack.Split objects"),
    ],
)
def test_a_source_that_fails_is_one_sentence(tmp_path: Path, repository, body, says) -> None:
    code = tmp_path / "code" / "planted_source.py"
    code.write_text(f"{code.read_text()}\ndef other():\n    return {body}\n")
    with pytest.raises(UserError, match=says):
        pin(planted_config("other"), repository, ALLOWED)
    assert [path.name for path in (repository / "data").iterdir()] == []


_CLIMB = """
import json, sys
from pathlib import Path
from startsimple.data.store import materialise
from startsimple.schema.datasets import DatasetConfig
from startsimple.schema.load import build
code, root, dataset = sys.argv[1:]
sys.path.insert(0, code)
print(materialise(build(DatasetConfig, json.loads(dataset)), Path(root), ("planted_source",)).md5)
"""


def test_concurrent_climbs_get_the_same_folder(pinned: Path) -> None:
    root, dataset = pinned, planted_config()
    shutil.rmtree(root / "data/planted")
    shutil.rmtree(root / ".dvc/cache")
    words = [str(root.parent / "code"), str(root), json.dumps(asdict(dataset))]
    climbs = [
        subprocess.Popen([sys.executable, "-c", _CLIMB, *words], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    found = [climb.communicate(timeout=120)[0].strip() for climb in climbs]
    assert set(found) == {read_pointer(root / dataset.pointer).md5}
    assert sorted(path.name for path in (root / "data").iterdir()) == [
        ".gitignore",
        "planted",
        "planted.dvc",
    ]


def test_a_folder_without_git_or_dvc_is_rebuilt_offline(pinned: Path, tmp_path: Path) -> None:
    root, dataset = pinned, planted_config()
    bare = tmp_path / "bare"
    (bare / "data").mkdir(parents=True)
    shutil.copy(root / dataset.pointer, bare / "data")
    assert materialise(dataset, bare, ALLOWED).origin == "source"


def test_a_source_that_depends_on_the_order_of_a_listing_is_not_pinned(
    repository: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "loose"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.txt").write_text(name)
    code = tmp_path / "code" / "planted_source.py"
    code.write_text(
        code.read_text()
        + f"""
from pathlib import Path

def unsorted():
    splits = make()
    names = [ord(path.stem) for path in Path({str(folder)!r}).glob("*.txt")]
    splits["train"].x[:3, 0] = names
    return splits
"""
    )
    with pytest.raises(UserError, match="other data when directory listings are turned round"):
        pin(planted_config("unsorted"), repository, ALLOWED)
    assert not (repository / "data/planted").exists()
    assert not (repository / "data/planted.dvc").exists()


def test_what_is_missing_or_misnamed_is_one_sentence(pinned: Path) -> None:
    root, dataset = pinned, planted_config()
    with pytest.raises(UserError, match="exists: remove it first"):
        pin(dataset, root, ALLOWED)
    shutil.rmtree(root / "data/planted")
    shutil.rmtree(root / ".dvc/cache")
    with pytest.raises(UserError, match="outside of what configs may import"):
        materialise(dataset, root)
    with pytest.raises(UserError, match="Did you mean 'make'"):
        materialise(planted_config("mak"), root, ALLOWED)
    (root / "data/planted.dvc").write_text("outs: []\n")
    with pytest.raises(UserError, match="not a DVC pointer to one folder"):
        materialise(dataset, root, ALLOWED)
    (root / "data/planted.dvc").unlink()
    with pytest.raises(UserError, match=r"planted\.dvc is missing"):
        materialise(dataset, root, ALLOWED)
    dataset.pointer = "elsewhere.dvc"
    (root / "elsewhere.dvc").write_text("outs: [{md5: 0.dir, path: elsewhere}]\n")
    with pytest.raises(UserError, match=r"name it data/planted\.dvc"):
        materialise(dataset, root, ALLOWED)


def test_a_folder_that_cannot_be_written_is_named(pinned: Path) -> None:
    root, dataset = pinned, planted_config()
    shutil.rmtree(root / "data/planted")
    shutil.rmtree(root / ".dvc/cache")
    shutil.rmtree(root / ".dvc/tmp")
    # A file where the lock's folder should be stands for a folder without write permission,
    # which the superuser who may run the tests would not notice.
    (root / ".dvc/tmp").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        materialise(dataset, root, ALLOWED)


def test_a_big_file_that_changes_is_hashed_again(tmp_path: Path) -> None:
    folder, memory = tmp_path / "data", tmp_path / "memory.json"
    folder.mkdir()
    big = folder / "big.bin"
    big.write_bytes(bytes(1 << 20))
    before = file_md5s(folder, memory)
    assert memory.exists()
    # What is remembered is believed, which is what makes the look quick.
    memory.write_text(memory.read_text().replace(before["big.bin"], "remembered"))
    assert file_md5s(folder, memory) == {"big.bin": "remembered"}
    assert file_md5s(folder) == before
    flip_one_byte(big)
    assert file_md5s(folder, memory)["big.bin"] not in ("remembered", before["big.bin"])
    memory.write_text("damaged")
    assert file_md5s(folder, memory) == file_md5s(folder)


def test_asking_for_the_state_imports_nothing_heavy() -> None:
    heavy = "{'torch', 'dvc', 'sklearn', 'scipy', 'numpy'}"
    code = f"import sys, startsimple.data.store; print({heavy} & set(sys.modules))"
    assert run(Path.cwd(), sys.executable, "-c", code).strip() == "set()"
