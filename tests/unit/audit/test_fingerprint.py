import os
from pathlib import Path

import pytest

from startsimple.audit import fingerprint
from startsimple.audit.fingerprint import CACHE, code_digest, environment_digest, source_files

ENTRY = "mine.model.Net"
OTHER = "mine.other.Net"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    package = tmp_path / "mine"
    package.mkdir()
    (package / "__init__.py").write_text('"""Mine."""\n')
    (package / "model.py").write_text(
        '"""A network."""\n'
        "from typing import TYPE_CHECKING\n\n"
        "import numpy as np\n\n"
        "if TYPE_CHECKING:\n    from mine import typing_only\n\n\n"
        "def build():\n"
        '    """Build it."""\n'
        "    from .helper import width\n\n"
        "    return np.zeros(width())\n"
    )
    (package / "helper.py").write_text("def width():\n    return 8\n")
    (package / "other.py").write_text("x = 1\n")
    (package / "typing_only.py").write_text("y = 1\n")
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    before = path.stat()
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    # The clock of some file systems is coarse: an edit is always later than what it edits.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000))


def test_closure_follows_packages_relative_and_late_imports_but_no_library(root: Path) -> None:
    names = set(source_files([ENTRY], root))
    assert names == {"mine/__init__.py", "mine/model.py", "mine/helper.py"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""A network."""', '"""Another word\nfor it."""'),
        ('    """Build it."""\n', ""),
        ("def build", "# A remark.\n\n\ndef build"),
        ("np.zeros(width())", "np.zeros(\n        width()\n    )"),
    ],
)
def test_words_and_layout_change_nothing(root: Path, old: str, new: str) -> None:
    before = code_digest([ENTRY], root)
    edit(root / "mine" / "model.py", old, new)
    assert code_digest([ENTRY], root) == before


def test_touch_changes_nothing(root: Path) -> None:
    before = code_digest([ENTRY], root)
    for path in root.rglob("*.py"):
        os.utime(path, ns=(1, 1))
    assert code_digest([ENTRY], root) == before


def test_helper_changes_exactly_what_imports_it(root: Path) -> None:
    before = code_digest([ENTRY], root), code_digest([OTHER], root)
    edit(root / "mine" / "helper.py", "return 8", "return 9")
    after = code_digest([ENTRY], root), code_digest([OTHER], root)
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_types_only_imports_are_left_out(root: Path) -> None:
    before = code_digest([ENTRY], root)
    edit(root / "mine" / "typing_only.py", "y = 1", "y = 2")
    assert code_digest([ENTRY], root) == before


def test_package_init_counts(root: Path) -> None:
    before = code_digest([ENTRY], root)
    edit(root / "mine" / "__init__.py", '"""Mine."""\n', '"""Mine."""\nseed = 1\n')
    assert code_digest([ENTRY], root) != before


def test_broken_source_still_has_a_digest_of_its_own(root: Path) -> None:
    before = code_digest([OTHER], root)
    edit(root / "mine" / "other.py", "x = 1", "x = (")
    assert code_digest([OTHER], root) != before


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"FILE": 1}', '{"FILE": {}}', '{"FILE": {"digest": "0"}}']
)
def test_damaged_cache_costs_only_time(
    root: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    before = code_digest([ENTRY], root)
    monkeypatch.setattr(fingerprint, "_MEMORY", {})
    path = str(root / "mine" / "model.py")
    (root / CACHE).write_text(content.replace("FILE", path))
    assert code_digest([ENTRY], root) == before


def test_cache_is_read_back_by_another_process(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_digest([ENTRY], root)
    monkeypatch.setattr(fingerprint, "_MEMORY", {})
    monkeypatch.setattr(fingerprint, "_parse", lambda path, name: pytest.fail(f"parsed {name}"))
    assert code_digest([ENTRY], root) == before


def test_user_module_outside_of_the_repository_is_followed(
    root: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path_factory.mktemp("elsewhere")
    (place / "theirs.py").write_text("import their_helper\n")
    (place / "their_helper.py").write_text("z = 1\n")
    monkeypatch.syspath_prepend(str(place))
    before = code_digest(["theirs.Net"], root)
    edit(place / "their_helper.py", "z = 1", "z = 2")
    assert code_digest(["theirs.Net"], root) != before


def test_installed_libraries_are_the_environments_matter(root: Path) -> None:
    assert source_files(["numpy.linalg", "json.JSONDecoder"], root) == {}


def test_environment_digest_follows_the_lock_file(root: Path) -> None:
    without = environment_digest(root)
    (root / "requirements.lock").write_text("torch==2.13.0\n")
    first = environment_digest(root)
    (root / "requirements.lock").write_text("torch==2.13.1\n")
    assert len({without, first, environment_digest(root)}) == 3
