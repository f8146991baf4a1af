"""DVC for real: push and pull with a folder and with S3, and versions beside each other."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import planted_config, run, use_source
from object_store import CREDENTIALS, object_store

from startsimple.data.hashing import folder_md5
from startsimple.data.pointer import folder_of, pinned
from startsimple.data.proof import DataDifferError
from startsimple.data.store import materialise, pin, state
from startsimple.data.versions import changes_since, history
from startsimple.schema.datasets import DatasetConfig
from startsimple.schema.errors import UserError

ALLOWED = ("planted_source",)

LATER = """

def later():
    splits = make()
    train, test = splits["train"], splits["test"]
    y = train.y.copy()
    y[4], y[5] = y[5], y[4]
    rows = np.arange(2, 45)
    kept = Split(train.x, y, train.x_id, train.y_id).take(rows)
    x = np.concatenate([test.x, test.x[:3] + 1])
    keys = np.concatenate([test.x_id, [90, 91, 92]])
    return {"train": kept, "test": Split(x, np.concatenate([test.y, test.y[:3]]), keys, keys)}

def broken():
    raise OSError("the source is gone")
"""
CHANGED = "3 rows added (keys 90, 91, 92), 2 removed (keys 0, 1), 2 relabelled (keys 4, 5)"


def dvc(root: Path, *arguments: str) -> None:
    run(root, sys.executable, "-m", "dvc", *arguments)


def commit(root: Path, tag: str) -> None:
    run(root, "git", "add", "-A")
    who = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
    run(root, "git", *who, "commit", "-q", "-m", tag)
    run(root, "git", "tag", tag)


def make_versions(root: Path, *remote: str) -> None:
    """Commit two versions of the planted dataset, v1 and v2, and push each to a remote, if any."""
    code = root.parent / "code" / "planted_source.py"
    code.write_text(code.read_text() + LATER)
    sys.modules.pop("planted_source", None)
    if remote:
        dvc(root, "remote", "add", "-q", "-d", "store", remote[0])
        for option in remote[1:]:
            dvc(root, "remote", "modify", "-q", "store", *option.split("="))
        dvc(root, "push", "-q")
    commit(root, "v1")
    shutil.rmtree(root / "data/planted")
    pin(planted_config("later"), root, ALLOWED)
    if remote:
        dvc(root, "push", "-q")
    commit(root, "v2")


@pytest.fixture(scope="module")
def two_template(pinned_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("versions") / "copy"
    shutil.copytree(pinned_template, folder)
    with pytest.MonkeyPatch.context() as patch:
        use_source(folder, patch)
        make_versions(folder / "repository")
    return folder


@pytest.fixture
def two(two_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with two committed versions of the planted dataset, v1 and v2."""
    shutil.copytree(two_template, tmp_path, dirs_exist_ok=True)
    use_source(tmp_path, monkeypatch)
    return tmp_path / "repository"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    boto3 = pytest.importorskip("boto3", reason="the extra 'dev' installs moto and dvc-s3")
    pytest.importorskip("dvc_s3", reason="the extra 'dev' installs moto and dvc-s3")
    with object_store(tmp_path_factory.mktemp("s3")) as address, pytest.MonkeyPatch.context() as m:
        for name, value in CREDENTIALS.items():
            m.setenv(name, value)
        boto3.client("s3", endpoint_url=address).create_bucket(Bucket="data")
        yield address


def forget(root: Path) -> None:
    """Remove everything but what a fresh clone has: git's files."""
    shutil.rmtree(root / ".dvc/cache")
    for folder in ("planted", ".versions"):
        shutil.rmtree(root / "data" / folder, ignore_errors=True)


def check_round_trip(root: Path) -> None:
    """Forget two versions that were pushed, and get both back without their source."""
    forget(root)
    # From here on only the remote has the data.
    broken = planted_config("broken")
    assert materialise(broken, root, ALLOWED).origin == "remote"
    earlier = replace(broken, rev="v1")
    assert materialise(earlier, root, ALLOWED).origin == "remote"
    assert changes_since(earlier, root, ALLOWED).sentence() == CHANGED
    shutil.rmtree(root / "data/planted")
    dvc(root, "pull", "-q", "data/planted.dvc")
    assert materialise(broken, root, ALLOWED).origin == "workspace"
    assert run(root, "git", "status", "--porcelain", "data") == ""


def test_push_and_pull_with_a_folder(pinned: Path, tmp_path: Path) -> None:
    make_versions(pinned, str(tmp_path / "remote"))
    check_round_trip(pinned)


def test_push_and_pull_with_s3(pinned: Path, s3: str) -> None:
    make_versions(pinned, "s3://data/planted", f"endpointurl={s3}")
    check_round_trip(pinned)


def test_an_empty_remote_leaves_the_source_and_is_named_if_that_fails(two: Path) -> None:
    dvc(two, "remote", "add", "-q", "-d", "gone", str(two / "nowhere"))
    forget(two)
    with pytest.raises(UserError, match=r"the source is gone\. DVC's remote has no.*: .*ERROR"):
        materialise(planted_config("broken"), two, ALLOWED)
    assert materialise(planted_config("later"), two, ALLOWED).origin == "source"


def test_versions_lie_side_by_side_and_the_line_says_what_changed(two: Path) -> None:
    later, earlier = planted_config("later"), replace(planted_config("broken"), rev="v1")
    assert state(earlier, two) == "as pinned"
    found = materialise(earlier, two, ALLOWED)
    assert found.origin == "cache"
    assert found.folder == folder_of(earlier, two) != folder_of(later, two)
    assert found.md5 == folder_md5(found.folder) != materialise(later, two, ALLOWED).md5
    assert materialise(earlier, two, ALLOWED).origin == "workspace"
    assert history(earlier, two) == f"since revision v1: {CHANGED}"
    assert history(later, two) == ""
    # A branch that has moved on is another folder.
    assert folder_of(replace(later, rev="HEAD"), two) != folder_of(earlier, two)
    kept = sorted(path.name for path in (two / "data").iterdir())
    assert kept == [".gitignore", ".versions", "planted", "planted.dvc"]


def test_a_changed_byte_in_a_version_is_named_with_its_row(two: Path) -> None:
    earlier = replace(planted_config("broken"), rev="v1")
    path = materialise(earlier, two, ALLOWED).file("train")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert state(earlier, two).startswith("differs: ")
    with pytest.raises(DataDifferError, match=r"planted\.dvc of revision v1 \(0 rows added"):
        materialise(earlier, two, ALLOWED)


def test_a_version_that_nobody_has_is_one_sentence_and_leaves_nothing(two: Path) -> None:
    forget(two)
    earlier = replace(planted_config("later"), rev="v1")
    with pytest.raises(UserError, match="`dvc push` it from where it is"):
        materialise(earlier, two, ALLOWED)
    assert not folder_of(earlier, two).exists()
    told = history(earlier, two)
    assert told.startswith("not compared with the working tree's version: ")
    # Where the source still makes it, it is rebuilt.
    assert materialise(replace(planted_config(), rev="v1"), two, ALLOWED).origin == "source"


@pytest.mark.parametrize(
    ("rev", "says"),
    [("v3", "'v1'|'v2'"), ("--help", "no git revision"), ("v0", "has no data/planted.dvc")],
)
def test_a_revision_that_is_none_is_one_sentence(two: Path, rev: str, says: str) -> None:
    empty = run(two, "git", "hash-object", "-t", "tree", "/dev/null").strip()
    who = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
    bare = run(two, "git", *who, "commit-tree", empty, "-m", "nothing").strip()
    run(two, "git", "tag", "v0", bare)
    with pytest.raises(UserError, match=says):
        pinned(replace(planted_config(), rev=rev), two)


def test_without_git_a_revision_is_refused_in_one_sentence(tmp_path: Path) -> None:
    dataset = DatasetConfig(name="x", pointer="data/x.dvc", rev="v1")
    with pytest.raises(UserError, match="This folder is no git repository"):
        pinned(dataset, tmp_path)


def test_the_command_prints_the_line(two: Path) -> None:
    conf = Path(__file__).parents[3] / "conf"
    shutil.copytree(conf, two / "conf")
    (two / "conf/dataset/planted.yaml").write_text(
        "name: planted\npointer: data/planted.dvc\ninput: vector\nclasses: 3\n"
        "source: {_target_: startsimple.data.sources.digits.load}\n"
    )
    (two / "conf/experiment/planted.yaml").write_text(
        "# @package _global_\ndefaults:\n  - override /dataset: planted\n"
    )
    command = [sys.executable, "-m", "startsimple.cli.main", "changes", "planted", "v1"]
    done = subprocess.run(command, cwd=two, capture_output=True, text=True, check=False)
    assert done.stdout == f"planted since v1: {CHANGED}.\n", done.stderr
