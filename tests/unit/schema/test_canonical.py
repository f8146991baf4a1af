"""Canonical JSON: equal values give equal bytes, and a kill leaves a whole file."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from startsimple.schema import canonical as module
from startsimple.schema.canonical import (
    canonical,
    digest,
    file_digest,
    read_json,
    write_bytes,
    write_json,
)

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
finite = st.none() | st.booleans() | st.integers() | st.floats(-1e300, 1e300) | st.text()


def nested(leaves):
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=12,
    )


@given(nested(finite))
def test_what_is_written_is_read_back(value):
    assert json.loads(canonical(value)) == value
    assert json.loads(canonical(value, indent=1)) == value


@given(st.dictionaries(st.text(), nested(scalars)), st.randoms())
def test_the_order_of_keys_does_not_matter(value, random):
    items = list(value.items())
    random.shuffle(items)
    assert canonical(dict(items)) == canonical(value)
    assert digest(dict(items)) == digest(value)


@given(nested(scalars), nested(scalars))
def test_different_values_have_different_digests(first, second):
    assert (canonical(first) == canonical(second)) == (digest(first) == digest(second))


def test_the_digest_is_the_same_on_every_machine():
    assert digest({"b": 1, "a": [1.5, None, "ü"]}) == (
        "031aae5ec535fa7ea876d47e4352fe806d39c435e03085e5e588b3db5514a190"
    )


def test_numbers_that_json_lacks_are_written_as_words():
    text = canonical([math.nan, math.inf, -math.inf, (1, 2)])
    assert text == '["nan","inf","-inf",[1,2]]'


def test_files_hold_what_was_written_and_nothing_else(tmp_path: Path):
    path = tmp_path / "new" / "value.json"
    write_json(path, {"b": 1, "a": 2})
    assert path.read_text() == '{\n "a": 2,\n "b": 1\n}\n'
    assert read_json(path) == {"a": 2, "b": 1}
    assert file_digest(path) == module.hashlib.sha256(path.read_bytes()).hexdigest()
    assert [item.name for item in path.parent.iterdir()] == ["value.json"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_write_that_breaks_off_leaves_the_old_bytes(tmp_path: Path, monkeypatch):
    path = tmp_path / "value.json"
    write_json(path, "old")

    def full_disk(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_bytes(path, b"half of the new")
    assert read_json(path) == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["value.json"]
