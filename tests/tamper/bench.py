"""Tampers with copies of a sealed run and counts what `startsimple verify` finds.

    python -m tests.tamper.bench --publish tests/tamper/RESULTS.md

It climbs once, in a copy of the repository, then works on copies of that. Nothing is trained
again. Any tampering that is not found, or not named by the check and file in charge, and any
alarm without cause, is listed and ends in exit status 1.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from startsimple.audit.verifier import Answer, Trail
from startsimple.cli.verify import light_checks
from tests.e2e.conftest import TINY, Project, copy_repository
from tests.made_trail import SIGNERS, sign
from tests.tamper.benign import BENIGN
from tests.tamper.kinds import KINDS, Case, Expected

RUN = "digits_mlp~tiny"
_COPIED = ("results", "data", ".dvc", "requirements.lock", SIGNERS)
# Needed only where snakemake is called again.
_ENGINE = (".snakemake", "command.txt")
_LINKED = (".git", "conf", "workflow", "scripts", "Snakefile", ".gitignore")


@dataclass
class Tally:
    """How often one kind was tried, found, and named; and the cases where it was not."""

    tried: int = 0
    found: int = 0
    named: int = 0
    checks: set[int] = field(default_factory=set)
    missed: list[str] = field(default_factory=list)


def prepare(project: Project, key_folder: Path) -> Path:
    """Climb, let one attempt fail, and sign; return the repository."""
    root = project.root
    done = project.climb()
    assert done.returncode == 0, done.stdout + done.stderr
    listed = ",".join(f'"{item}"' for item in TINY)
    words = ["--config", "experiment=digits_mlp", f"overrides=[{listed}]", "label=tiny"]
    (root / "command.txt").write_text("\0".join(words))
    fail_once(project)
    sign(root, RUN, key_folder)
    return root


def fail_once(project: Project) -> None:
    """Leave a failed attempt in the trail: a stage refuses a verdict that was edited."""
    verdict = project.root / "results" / RUN / "gap/verdict.json"
    kept = verdict.read_bytes()
    verdict.write_bytes(kept.replace(b'"pass"', b'"warn"', 1))
    log = f"results/{RUN}/tune/stage.log"
    command = [sys.executable, "scripts/tune.py", "--run", RUN, "--log", log]
    done = subprocess.run(
        command, cwd=project.root, env=project.environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "is not what stage 'gap' wrote" in done.stderr
    verdict.write_bytes(kept)
    (project.root / "results" / RUN / "tune/error.txt").unlink()


def copy_of(base: Path, target: Path, *more: str) -> Path:
    """Copy what lies outside of git, and link the rest, which nothing here changes."""
    target.mkdir(parents=True)
    for name in (*_COPIED, *more):
        source = base / name
        if source.is_dir():
            shutil.copytree(source, target / name, symlinks=True)
        elif source.exists():
            shutil.copy2(source, target / name)
    for name in _LINKED:
        if (base / name).exists():
            (target / name).symlink_to(base / name)
    return target


def check(root: Path, run: str = RUN) -> list[Answer]:
    """Verify the run of a copy."""
    return light_checks(Trail(root / "results" / run), root / SIGNERS)


def is_named(answers: list[Answer], expected: Expected) -> bool:
    """Return whether every check that is in charge names what it has to."""
    findings = {answer.number: answer.findings for answer in answers}
    return all(
        any(word in finding for finding in findings[number]) for number, word in expected.named
    )


def tamper(base: Path, scratch: Path, count: int, seed: int) -> dict[str, Tally]:
    """Tamper `count` times, all kinds in turn."""
    tallies = {name: Tally() for name in KINDS}
    for number in range(count):
        name = list(KINDS)[number % len(KINDS)]
        root = copy_of(base, scratch / f"case-{number}")
        expected = KINDS[name](Case(root, RUN, random.Random(f"{seed}:{number}")))
        answers = check(root)
        fired = [answer.number for answer in answers if answer.findings]
        tally = tallies[name]
        tally.tried += 1
        tally.found += bool(fired)
        tally.checks |= set(fired)
        if is_named(answers, expected):
            tally.named += 1
        else:
            told = {a.number: a.findings for a in answers if a.findings}
            tally.missed.append(f"{name}, case {number}: wanted {expected.named}, got {told}")
        shutil.rmtree(root)
        if sys.stderr.isatty() or number % 100 == 99:
            print(f"\r{number + 1} tamperings", end="", file=sys.stderr, flush=True)
    return tallies


def leave_alone(base: Path, scratch: Path, count: int, seed: int) -> dict[str, Tally]:
    """Do `count` harmless things, all kinds in turn; `found` counts alarms."""
    tallies = {name: Tally() for name in BENIGN}
    for number in range(count):
        name = list(BENIGN)[number % len(BENIGN)]
        root = copy_of(base, scratch / f"benign-{number}", *_ENGINE)
        root = BENIGN[name](root, random.Random(f"{seed}:{number}"))
        alarms = [finding for answer in check(root) for finding in answer.findings]
        tally = tallies[name]
        tally.tried += 1
        tally.found += bool(alarms)
        tally.missed += [f"{name}, event {number}: {alarms}"] if alarms else []
        shutil.rmtree(root)
        if sys.stderr.isatty() or number % 20 == 19:
            print(f"\r{number + 1} benign events", end="", file=sys.stderr, flush=True)
    return tallies


def table(bad: dict[str, Tally], good: dict[str, Tally], seed: int) -> str:
    """Return the committed page."""
    lines = [
        "# What `startsimple verify` finds",
        "",
        f"Written by `make tamper` (seed {seed}): copies of one sealed and signed run of",
        "`digits_mlp`, seven stages and a failed attempt, checked by the checks 1 to 8",
        "with the signer's public key. *Named* means that the check in charge failed, and that its",
        "findings name the file, ledger line or MLflow run that was touched.",
        "",
        "| tampering | tried | found | named | checks that failed |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    for name, tally in bad.items():
        fired = ", ".join(map(str, sorted(tally.checks)))
        lines.append(f"| {name} | {tally.tried} | {tally.found} | {tally.named} | {fired} |")
    sums = [sum(getattr(t, name) for t in bad.values()) for name in ("tried", "found", "named")]
    lines += [f"| **all** | {sums[0]} | {sums[1]} | {sums[2]} | |", ""]
    lines += ["| benign event | tried | alarms |", "| --- | ---: | ---: |"]
    lines += [f"| {name} | {tally.tried} | {tally.found} |" for name, tally in good.items()]
    counts = [sum(getattr(t, name) for t in good.values()) for name in ("tried", "found")]
    return "\n".join([*lines, f"| **all** | {counts[0]} | {counts[1]} |", ""])


def main() -> int:
    """Run the bench that the command line describes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="tamperings")
    parser.add_argument("--benign", type=int, default=200, help="harmless events")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--base", type=Path, help="a repository prepared before; skips the climb")
    parser.add_argument("--keep", type=Path, help="keep the prepared repository here, for --base")
    parser.add_argument("--publish", type=Path, help="write the table here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tamper-") as place:
        scratch = Path(place)
        base = given.base or prepare(copy_repository(scratch / "project"), scratch)
        if given.keep:
            shutil.copytree(base, given.keep, symlinks=True)
        assert not any(answer.findings for answer in check(base))
        bad = tamper(base, scratch, given.count, given.seed)
        good = leave_alone(base, scratch, given.benign, given.seed)
    text = table(bad, good, given.seed)
    print(f"\n{text}")
    if given.publish:
        given.publish.write_text(text, encoding="utf-8")
    missed = [case for tally in (*bad.values(), *good.values()) for case in tally.missed]
    print(json.dumps(missed, indent=1) if missed else "Nothing was missed.", file=sys.stderr)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
