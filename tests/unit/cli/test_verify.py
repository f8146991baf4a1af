import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.made_trail import RUN, SIGNERS

from startsimple.cli.main import main


@pytest.fixture
def here(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(sealed)
    return sealed


def test_sealed_run_holds_and_skipped_checks_are_said_loudly(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", RUN]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[:10]] == [str(n) for n in range(1, 11)]
    assert "SKIPPED: signature, crate, rerun, code" in lines[10]
    assert main(["verify", RUN, "--signers", SIGNERS]) == 0
    assert "ok       1 signature" in capsys.readouterr().out


def test_any_change_exits_1_and_names_the_file(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "results" / RUN / "gap/verdict.json").write_text("{}")
    assert main(["verify", f"results/{RUN}"]) == 1
    told = capsys.readouterr().out
    assert "NOT what was recorded: files, records, gates" in told
    assert "gap/verdict.json has other bytes than were sealed" in told


def test_json_holds_every_check(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", RUN, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["holds"]
    assert [check["number"] for check in told["checks"]] == list(range(1, 11))


def test_unknown_run_and_missing_file_are_sentences(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "dmeo"]) == 1
    assert "Did you mean 'demo'?" in capsys.readouterr().err
    assert main(["verify", RUN, "--signers", "nobody"]) == 1
    assert "There is no file nobody" in capsys.readouterr().err
    assert main(["reproduce", RUN, "gpa"]) == 1
    assert "Did you mean 'gap'?" in capsys.readouterr().err


def test_seal_signs_and_says_what_to_keep(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seal", RUN, "--key", str(here.parent / "no")]) == 1
    assert main(["seal", RUN]) == 0
    told = capsys.readouterr()
    assert "line 25 of the ledger; keep it elsewhere" in told.out
    assert "SKIPPED  the signature" in told.err


PROBE = """
import sys
from startsimple.cli.main import main
status = main(["verify", sys.argv[1]])
heavy = {"torch", "mlflow", "numpy", "snakemake", "dvc", "rocrate", "yaml"} & set(sys.modules)
sys.exit(f"imported {heavy}" if heavy else status)
"""


def test_nothing_heavy_is_imported(here: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PROBE, RUN], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ordinary_user_may_verify_what_only_others_may_write(here: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    python = shutil.which("python3", path="/usr/local/bin:/usr/bin") or sys.executable
    for path in [here, *here.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    for parent in here.parents[: len(here.parents) - 2]:
        parent.chmod(parent.stat().st_mode | 0o055)
    package = shutil.copytree(
        Path(__file__).resolve().parents[3] / "workflow", here.parent / "package"
    )
    command = [python, "-m", "startsimple.cli.main", "verify", RUN, "--signers", SIGNERS]
    done = subprocess.run(
        command,
        cwd=here,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(package), "HOME": "/nonexistent"},
        user=65534,
        group=65534,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_empty_network_namespace_is_enough(here: Path) -> None:
    alone = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system allows no network namespaces")
    command = [sys.executable, "-m", "startsimple.cli.main", "verify", RUN, "--signers", SIGNERS]
    done = subprocess.run([*alone, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
