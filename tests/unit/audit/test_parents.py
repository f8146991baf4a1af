import json
from pathlib import Path

import pytest
from tests.made_trail import RUN, climb_stage

from startsimple.audit.parents import refuse_changed
from startsimple.schema.canonical import read_json
from startsimple.schema.errors import UserError


def last(root: Path, stage: str) -> dict[str, object]:
    paths = (root / "results" / RUN / "audit" / stage).glob("attempt-*.json")
    return read_json(max(paths, key=lambda path: path.stat().st_mtime_ns))


def test_untouched_parents_are_accepted(sealed: Path) -> None:
    refuse_changed(sealed, RUN, "tune")


@pytest.mark.parametrize(
    "name", ["gap/verdict.json", "gap/curves.json", f"units/{5:024d}/tensors.safetensors"]
)
def test_changed_input_is_refused_and_the_attempt_recorded(sealed: Path, name: str) -> None:
    path = sealed / "results" / RUN / name
    path.write_bytes(path.read_bytes()[:-1] + b" ")
    with pytest.raises(UserError, match=f"{name} is not what stage 'gap' wrote"):
        climb_stage(sealed, "tune", {})
    record = last(sealed, "tune")
    assert record["status"] == "failed"
    assert "is not what stage 'gap' wrote" in str(record["error"])


def test_changed_record_is_refused(sealed: Path) -> None:
    path = sealed / "results" / RUN / "audit/gap/attempt-2.json"
    record = json.loads(path.read_bytes())
    record["outputs"] = []
    path.write_text(json.dumps(record))
    with pytest.raises(UserError, match="is not the record that the ledger holds"):
        refuse_changed(sealed, RUN, "tune")


def test_own_results_and_missing_files_are_left_to_the_stage(sealed: Path) -> None:
    run = sealed / "results" / RUN
    (run / "tune/verdict.json").write_text("{}")
    (run / "gap/curves.json").unlink()
    refuse_changed(sealed, RUN, "tune")
