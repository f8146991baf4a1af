import sqlite3
from contextlib import closing
from pathlib import Path

from tests.made_trail import RUN

from startsimple.audit.outside import check_outside, read_store
from startsimple.audit.verifier import Answer, Trail, answered


def found(root: Path) -> Answer:
    return answered(8, "outside", check_outside, Trail(root / "results" / RUN))


def sql(root: Path, statement: str) -> None:
    with closing(sqlite3.connect(root / "results/mlflow.db")) as store:
        assert store.execute(statement).rowcount
        store.commit()


def test_untouched_store_and_data_hold(sealed: Path) -> None:
    answer = found(sealed)
    assert answer.status == "ok"
    assert answer.told.startswith("9 MLflow runs equal their export; 2 data files and 3 cached")


def test_edit_by_sql_is_named_with_its_row(sealed: Path) -> None:
    sql(sealed, "UPDATE params SET value = '9.9' WHERE key = 'seed'")
    told = found(sealed).findings
    assert len(told) == 8
    assert '"key": "seed", "value": "9.9"' in told[0]


def test_added_and_removed_runs_are_named(sealed: Path) -> None:
    identity = sorted(read_store(sealed / "results/mlflow.db", RUN))[0]
    sql(sealed, f"DELETE FROM tags WHERE key = 'run' AND run_uuid = '{identity}'")
    assert found(sealed).findings == [f"mlflow.db no longer holds run {identity}"]
    sql(sealed, f"INSERT INTO tags VALUES ('run', '{RUN}', 'invented')")
    assert "1 runs that were not exported: invented" in found(sealed).findings[-1]


def test_head_given_to_mlflow_has_to_stay_in_the_ledger(sealed: Path) -> None:
    trail = Trail(sealed / "results" / RUN)
    kept = [e for e in trail.entries if e["event"] == "seal"]
    trail.entries = kept
    (told,) = answered(8, "", check_outside, trail).findings
    assert told.startswith("the ledger lost the head")


def test_database_is_never_written(sealed: Path) -> None:
    store = sealed / "results/mlflow.db"
    before = store.read_bytes()
    store.chmod(0o444)
    found(sealed)
    assert store.read_bytes() == before
    assert not list(store.parent.glob("mlflow.db-*"))


def test_changed_cache_with_its_mode_is_found(sealed: Path) -> None:
    (path,) = [p for p in (sealed / ".dvc/cache").rglob("*") if p.suffix == ".dir"]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b" ")
    path.chmod(0o444)
    (told,) = found(sealed).findings
    assert told == f".dvc/cache/files/md5/{path.parent.name}/{path.name} was changed"


def test_changed_data_added_data_and_another_pointer_are_found(sealed: Path) -> None:
    data = sealed / "data/demo"
    (data / "test.safetensors").write_bytes(b"other")
    (data / "more.safetensors").write_bytes(b"")
    told = found(sealed).findings
    assert "data/demo/test.safetensors is not the file that the run read" in told
    assert "data/demo/more* is not part of the data" in told
    pointer = sealed / "data/demo.dvc"
    pointer.write_text(pointer.read_text().replace("md5: ", "md5: 0").replace("0.dir", ".dir"))
    assert "does not pin the data" in str(found(sealed).findings)


def test_missing_evidence_is_skipped_loudly(sealed: Path) -> None:
    (sealed / "results/mlflow.db").unlink()
    (sealed / "data/demo.dvc").unlink()
    answer = found(sealed)
    assert answer.status == "SKIPPED"
    assert answer.told.count("SKIPPED") == 2
