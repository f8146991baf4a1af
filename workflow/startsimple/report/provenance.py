"""Where every number comes from: digests, code, environment, attempts, the test ledger."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from startsimple.report.climb import Climb
from startsimple.report.html import Child, Html, row, table, tag
from startsimple.report.section import pairs
from startsimple.report.values import show_seconds
from startsimple.schema.canonical import canonical, read_json

_ENDED = {"finished": "pass", "failed": "fail", "aborted": "fail"}
_SHOWN = 12


def provenance(climb: Climb) -> Html:
    """Return what a reader needs to trace the page's numbers; it holds no times."""
    config = _config(climb)
    resolved = pairs(config.get("config"))
    overrides = [str(item) for item in config.get("overrides", [])]
    facts: list[tuple[str, Child]] = [
        ("Command", tag("code", climb_command(climb))),
        ("Overrides", ", ".join(overrides) or "none"),
        ("Seed", str(resolved.get("seed", "?"))),
        ("Dataset", _dataset(resolved)),
    ]
    text = canonical(resolved, indent=2)
    shown = tag("details", tag("summary", "Resolved config"), tag("pre", text))
    return tag(
        "section",
        tag("h2", "Provenance"),
        _pairs(facts),
        _digests(climb),
        shown if resolved else None,
        id="provenance",
    )


def trail(climb: Climb) -> Html:
    """Return how it went on this machine: code state, attempts, numerics, openings of test."""
    newest = [rung.attempts[-1] for rung in climb.rungs if rung.attempts]
    last = newest[-1] if newest else {}
    return tag(
        "section",
        tag("h2", "Trail"),
        _pairs([*_code(last), *_machine(last)]),
        tag("h3", "Attempts"),
        _attempts(climb),
        tag("h3", "Openings of the test split"),
        _openings(climb),
        id="trail",
    )


def _config(climb: Climb) -> dict[str, Any]:
    path = climb.root / "results" / climb.run / "config.json"
    return read_json(path) if path.exists() else {}


def climb_command(climb: Climb) -> str:
    """Return the command that climbs this run."""
    overrides = [str(item) for item in _config(climb).get("overrides", [])]
    experiment, _, label = climb.run.partition("~")
    words = ["snakemake", "--cores", "all", "--config", f"experiment={experiment}"]
    if overrides:
        words.append(f"overrides={json.dumps(overrides)}")
    # A run without a label is named by eight hex digits of its overrides.
    if label and not (overrides and len(label) == 8 and set(label) <= set("0123456789abcdef")):
        words.append(f"label={label}")
    return shlex.join(words)


def _dataset(resolved: Any) -> str:
    dataset = pairs(resolved.get("dataset"))
    parts = [dataset.get("name"), dataset.get("pointer"), dataset.get("licence")]
    return ", ".join(str(part) for part in parts if part) or "?"


def _digests(climb: Climb) -> Html | None:
    kinds = ("config", "code", "data", "env")
    rows = [
        row(rung.stage, *(_digest(rung.verdict.inputs.get(kind, "")) for kind in kinds))
        for rung in climb.judged
        if rung.verdict
    ]
    head = ("Stage", "Config slice", "Code", "Data", "Environment")
    return table(head, rows) if rows else None


def _digest(value: str) -> Html:
    return tag("code", value[:_SHOWN] or "?", title=value)


def _code(record: dict[str, Any]) -> Iterator[tuple[str, Child]]:
    git = pairs(pairs(record.get("code")).get("git"))
    if not git.get("commit"):
        yield "Code", "in no git repository"
        return
    yield "Commit", [tag("code", str(git["commit"])), f" on {git.get('branch') or 'no branch'}"]
    if git.get("dirty"):
        diff = str(git.get("diff_sha256") or "")
        text = f"dirty: the difference is stored as audit/diff-{diff[:_SHOWN]}.patch"
        yield "Working tree", tag("span", text, class_="dirty")
    else:
        yield "Working tree", "clean"
    if commit := git.get("thresholds_commit"):
        yield "Thresholds set by", tag("code", str(commit))


def _machine(record: dict[str, Any]) -> Iterator[tuple[str, Child]]:
    host, numerics = pairs(record.get("host")), pairs(record.get("numerics"))
    if host.get("cpu"):
        flags = ", ".join(host.get("cpu_flags") or [])
        yield "Machine", f"{host['cpu']}, {host.get('cores')} cores, {flags}; {host.get('system')}"
    versions = pairs(numerics.get("versions"))
    if versions:
        listed = ", ".join(f"{name} {version}" for name, version in versions.items())
        yield "Software", f"Python {numerics.get('python')}, {listed}"
    torch = pairs(numerics.get("torch"))
    if torch:
        yield "Numerics", ", ".join(f"{name} {value}" for name, value in torch.items())
    environment = pairs(numerics.get("environment"))
    if environment:
        listed = " ".join(f"{name}={value}" for name, value in environment.items())
        yield "Environment", tag("code", listed)


def _attempts(climb: Climb) -> Html:
    rows: list[Html] = []
    for rung in climb.rungs:
        for record in rung.attempts:
            times = pairs(record.get("time"))
            ended = record["status"]
            state = tag("span", ended, class_=f"chip {_ENDED.get(ended, 'skip')}")
            name = f"{rung.stage} {record['attempt']}"
            start = str(times.get("start") or "?")[:19].replace("T", " ")
            seconds = show_seconds(times.get("seconds"))
            note = record.get("error") or ""
            rows.append(row(name, state, start, seconds, str(record.get("device") or ""), note))
    if not rows:
        return tag("p", "No records.")
    return table(
        ("Attempt", "Ended", "Start (UTC)", "Time", "Device", "Error"), rows, class_="attempts"
    )


def _openings(climb: Climb) -> Html:
    path: Path = climb.root / "results" / "ledger.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    entries = [json.loads(line) for line in lines if '"test_opened"' in line]
    rows = [
        row(
            f"{entry['stage']}",
            entry["time"][:19].replace("T", " "),
            entry.get("purpose", ""),
            entry.get("reason", ""),
        )
        for entry in entries
        if entry.get("run") == climb.run and entry["event"] == "test_opened"
    ]
    if not rows:
        return tag("p", "The test split has not been opened by this run.")
    head = read_json(path.with_name("HEAD.json"))
    told = [tag("code", head["hash"]), f" closes the ledger after {head['count']} lines."]
    return tag("div", table(("Stage", "Time (UTC)", "Purpose", "Reason"), rows), tag("p", told))


def _pairs(facts: list[tuple[str, Child]]) -> Html:
    return tag("dl", [[tag("dt", name), tag("dd", value)] for name, value in facts])
