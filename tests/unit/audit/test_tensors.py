from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from startsimple.audit.tensors import content_digest, read_tensors

ARRAYS = st.dictionaries(
    st.sampled_from(["a", "b", "model.first.weight"]),
    st.lists(st.floats(width=32), min_size=1, max_size=6).map(lambda v: np.array(v, np.float32)),
    min_size=1,
)


@given(ARRAYS, st.data())
def test_one_bit_changes_the_digest_and_metadata_does_not(
    tmp_path_factory: pytest.TempPathFactory,
    arrays: dict[str, np.ndarray],
    data: st.DataObject,  # type: ignore[type-arg]
) -> None:
    path = tmp_path_factory.mktemp("tensors") / "x.safetensors"
    path.write_bytes(save(arrays))
    plain = read_tensors(path)
    assert {name: raw.content for name, raw in plain.items()} == {
        name: array.tobytes() for name, array in arrays.items()
    }
    path.write_bytes(save(arrays, {"note": "of no matter"}))
    assert content_digest(read_tensors(path)) == content_digest(plain)
    name = data.draw(st.sampled_from(sorted(arrays)))
    bits = arrays[name].view(np.uint32)
    bits[data.draw(st.integers(0, len(bits) - 1))] ^= np.uint32(1 << data.draw(st.integers(0, 31)))
    path.write_bytes(save(arrays))
    assert content_digest(read_tensors(path)) != content_digest(plain)


def test_shape_and_name_are_part_of_the_digest(tmp_path: Path) -> None:
    digests = set()
    for arrays in (
        {"a": np.zeros((2, 3), np.float32)},
        {"a": np.zeros((3, 2), np.float32)},
        {"b": np.zeros((2, 3), np.float32)},
        {"a": np.zeros((2, 3), np.int32)},
    ):
        (tmp_path / "x").write_bytes(save(arrays))
        digests.add(content_digest(read_tensors(tmp_path / "x")))
    assert len(digests) == 4


@pytest.mark.parametrize("content", [b"", b"\0" * 8, b"\x02\0\0\0\0\0\0\0{}x", b"no tensors here"])
def test_other_files_are_refused_or_empty(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    if content.endswith(b"x"):
        assert read_tensors(tmp_path / "x") == {}
    else:
        with pytest.raises(ValueError):
            read_tensors(tmp_path / "x")
