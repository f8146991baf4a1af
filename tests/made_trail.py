"""A sealed and signed run with every kind of evidence, made by the real recorder in seconds.

Nothing is trained: each stage reads what those below wrote and writes a small verdict, as in
`tests.made_run`. One attempt fails, one check is waived.
"""

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from startsimple.audit.attempt import attempt
from startsimple.audit.facts import Attempt
from startsimple.audit.seal import seal
from startsimple.audit.tracking import mirror
from startsimple.data.hashing import file_md5, tree_md5
from startsimple.report.page import write_page
from startsimple.schema.canonical import file_digest, write_bytes, write_json
from startsimple.schema.stages import LADDER
from startsimple.schema.verdict import Verdict, judge, worst
from tests.made_run import CHECKS, CONFIG, NUMBERS

REPOSITORY = Path(__file__).resolve().parents[1]
RUN = "demo"
SIGNERS = "allowed_signers"


def make_trail(root: Path, key_folder: Path) -> Path:
    """Make a repository whose run has climbed, with one failed attempt, sealed and signed.

    Args:
        root: An empty folder.
        key_folder: Where the key pair goes.
    """
    for name in ("Snakefile", "requirements.lock", "workflow/startsimple/schema/stages.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, root / name)
    (root / ".gitignore").write_text("results/\n.dvc/\n")
    numbers = _data(root)
    commit(root)
    write_json(root / "results" / RUN / "config.json", {"config": _config(), "overrides": []})
    for stage in LADDER:
        if stage == "gap":
            _fail(root, stage)
        climb_stage(root, stage, NUMBERS.get(stage, {}) | (numbers if stage == "data" else {}))
    assert mirror(root, RUN, {"enabled": True})["error"] is None
    write_page(root, RUN)
    sign(root, RUN, key_folder)
    return root


def climb_stage(root: Path, stage: str, numbers: dict[str, Any]) -> None:
    """Record one finished attempt that reads the verdict below and writes its own."""
    config = {"dataset": CONFIG["dataset"], "seed": 0, "stage": {stage: {"waive": {}}}}
    with attempt(root, RUN, stage, config=config, digests={"code": "e" * 64}) as facts:
        below = LADDER[: LADDER.index(stage)]
        for name in below[-1:]:
            (root / "results" / RUN / name / "verdict.json").read_text()
        if stage == "data":
            for path in sorted((root / "data/demo").iterdir()):
                path.read_bytes()
        facts.conclude(_judge(facts, stage, numbers))


def _judge(facts: Attempt, stage: str, numbers: dict[str, Any]) -> Verdict:
    checks = [judge(**given) for given in CHECKS[stage]]
    if stage == "tune":
        late = judge("T-05", "near a bound", 2, "==", 0, source="method", evidence="2 are.")
        checks.append(late.waived("known"))
    if stage in ("benchmark", "gap", "tune"):
        unit = facts.folder.parent / "units" / f"{LADDER.index(stage):024d}"
        arrays = {"losses": np.ones(5, np.float32), "bits": np.arange(10, dtype=np.int32)}
        arrays["bits"] = arrays["bits"].reshape(5, 2)
        arrays |= {"model.first.weight": np.ones((2, 2), np.float32)}
        write_bytes(unit / "tensors.safetensors", save(arrays))
        write_json(unit / "figures.json", {"figures": {"traced": ["first.weight", "first.bias"]}})
    write_json(facts.folder / "curves.json", {"series": []})
    verdict = Verdict(RUN, stage, worst(checks), checks, "Go on.", numbers=numbers)
    verdict.write(facts.folder / "verdict.json")
    return verdict


def _fail(root: Path, stage: str) -> None:
    with suppress(MemoryError), attempt(root, RUN, stage, config={}, digests={}):
        [b""] * (1 << 60)


def _config() -> dict[str, Any]:
    return {**CONFIG, "stage": {stage: {"waive": {}} for stage in LADDER}}


def _data(root: Path) -> dict[str, Any]:
    """Write a tiny dataset, its pointer, and DVC's cache of it; return what the stage reports."""
    folder, cache = root / "data/demo", root / ".dvc/cache/files/md5"
    sums: dict[str, str] = {}
    for split in ("test", "train"):
        write_bytes(folder / f"{split}.safetensors", save({"x": np.ones(9, np.float32)}))
        path = folder / f"{split}.safetensors"
        path.write_bytes(path.read_bytes() + split.encode())
        sums[path.name] = file_md5(path)
        _cached(path, cache / sums[path.name][:2] / sums[path.name][2:])
    md5 = tree_md5(sums)
    listing = ", ".join(f'{{"md5": "{sums[name]}", "relpath": "{name}"}}' for name in sorted(sums))
    _write(cache / md5[:2] / md5[2:], f"[{listing}]")
    (root / "data/demo.dvc").write_text(f"outs:\n- md5: {md5}\n  path: demo\n")
    sha = {split: file_digest(folder / f"{split}.safetensors") for split in ("test", "train")}
    return {"md5": md5, "sha256": sha}


def _cached(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
    target.chmod(0o444)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def commit(root: Path) -> None:
    """Put everything in a folder under git, so that records name a commit."""
    who = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "Begin"]):
        subprocess.run(["git", *who, *words], cwd=root, check=True)


def sign(root: Path, run: str, key_folder: Path) -> None:
    """Seal with a new key, and write the file by which a reviewer trusts it."""
    key = key_folder / "key"
    made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "reviewed", "-f", str(key)]
    subprocess.run(made, check=True)
    seal(root, run, key)
    kind, public, _ = key.with_suffix(".pub").read_text().split(" ", 2)
    (root / SIGNERS).write_text(f'lab@example.org namespaces="startsimple-audit" {kind} {public}\n')
