"""The part "For reviewers": sixteen questions, answered from the records alone."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from startsimple.report.checklists import checklists
from startsimple.report.climb import Climb
from startsimple.report.html import Child, Html, row, table, tag
from startsimple.report.provenance import climb_command
from startsimple.report.section import brief, pairs
from startsimple.report.values import show, show_bound, show_seconds
from startsimple.schema.canonical import read_json

_SHORT = 12

LIMITS = (
    "A signature made on the machine that ran the climb proves that nothing was changed since it "
    "was made. It does not prove that the runner was honest before: whoever holds the key can sign "
    "anything. Compare the ledger's head with a copy that lives elsewhere (verify --head).",
    "Without a signature and without such a copy, whoever can write results/ can rewrite all of "
    "it, the ledger and its head included, and no check can tell.",
    "Times are this machine's clock. Nobody outside has vouched for them.",
    "Inputs are watched as Python opens them in the stage's own process. What a worker process or "
    "a compiled library reads by itself is not seen; the data are, by their pinned hash.",
    "Weights are traced at every step in the training runs of benchmark, gap and tune. The short "
    "runs of default_model and overfit_batch leave curves and verdicts only.",
    "Energy was not measured. A shared MLflow server is not copied, so it is not checked.",
)


def reviewers(climb: Climb) -> Html:
    """Return the section; what was not recorded is said to be so."""
    newest = {rung.stage: _standing(rung.attempts) for rung in climb.rungs if rung.attempts}
    gates = _gates(climb, newest)
    last = list(newest.values())[-1] if newest else {}
    questions = [
        ("What ran, by which version of the code? Was the tree clean?", _code(last)),
        ("By which command, config and overrides?", _config(climb, last)),
        ("On which data, from where, under which licence, split how?", _data(climb, last)),
        ("Are the splits disjoint, and how was that checked?", _disjoint(climb)),
        ("What did each stage write?", _outputs(newest)),
        ("What was the rule, was it set before the run, what came out?", _told(gates)),
        ("Were there failed or repeated attempts?", _attempts(climb)),
        ("Seeds, determinism, threads, precision?", _numerics(last)),
        ("On which hardware, in which time?", _cost(newest, last)),
        ("In which software environment, and can it be rebuilt?", _environment(last)),
        ("Is this result from these inputs?", _parents(newest)),
        ("Where are curves and logs?", _logs(climb)),
        ("How many seeds, and what spread?", _spread(climb)),
        ("Can it be rerun, and what must match?", _rerun(climb, last)),
        ("Was anything changed since? Who vouches?", _vouched(climb)),
        ("What is not covered?", tag("ul", [tag("li", limit) for limit in LIMITS])),
    ]
    rows = [row(f"Q{n}", told, answer) for n, (told, answer) in enumerate(questions, 1)]
    return tag(
        "section",
        tag("h2", "For reviewers"),
        tag(
            "p",
            "Every answer is read from the records in audit/ beside this page; ",
            tag("code", "startsimple verify"),
            " holds them against the files without training anything.",
        ),
        table(("", "Question", "Answer"), rows, class_="answers"),
        _shown(gates),
        checklists(climb, newest),
        id="reviewers",
    )


def _code(record: Mapping[str, Any]) -> Child:
    code = pairs(record.get("code"))
    git, files = pairs(code.get("git")), pairs(code.get("files"))
    if not git.get("commit"):
        return f"In no git repository. SHA-256 of {len(files)} source files are in each record."
    state = "clean"
    if git.get("dirty"):
        state = f"dirty; its diff is audit/diff-{str(git.get('diff_sha256'))[:_SHORT]}.patch"
    told = f", tree {state}. SHA-256 of every imported source file are in each record."
    return ["Commit ", tag("code", str(git["commit"])), told]


def _config(climb: Climb, record: Mapping[str, Any]) -> Child:
    config = pairs(record.get("config"))
    overrides = ", ".join(str(item) for item in config.get("overrides") or []) or "none"
    return [
        tag("code", climb_command(climb)),
        f". Overrides: {overrides}. Resolved: config.json, and each stage's slice in its record.",
    ]


def _data(climb: Climb, record: Mapping[str, Any]) -> Child:
    dataset = pairs(pairs(pairs(record.get("config")).get("resolved")).get("dataset"))
    numbers = _numbers(climb, "data")
    pinned = pairs(numbers.get("sha256"))
    files = [f"; {name} {sha[:_SHORT]}" for name, sha in pinned.items()]
    return [
        f"{dataset.get('name')}, {dataset.get('licence')}. DVC pointer {dataset.get('pointer')}, "
        f"md5 {numbers.get('md5')}{''.join(files)} (SHA-256). Examples: "
        f"{_listed(pairs(numbers.get('examples')))}; split seed {dataset.get('split_seed')}, "
        f"validation share {show(dataset.get('validation_fraction'))}; positions in "
        "data/split.safetensors."
    ]


def _disjoint(climb: Climb) -> Child:
    wanted = ("D-05", "D-10", "D-11", "D-13")
    verdict = next((r.verdict for r in climb.judged if r.stage == "data" and r.verdict), None)
    checks = [check for check in verdict.checks if check.id in wanted] if verdict else []
    told = [f"{c.id} {c.title}: {show(c.value)} {show_bound(c.op, c.threshold)}" for c in checks]
    return "; ".join(told) or "The data stage has not judged."


def _outputs(newest: Mapping[str, dict[str, Any]]) -> Child:
    told = [f"{stage} {len(record.get('outputs') or [])}" for stage, record in newest.items()]
    return f"Files by stage: {', '.join(told)}; SHA-256, size and content digest in each record."


@dataclass(frozen=True)
class _Gate:
    """A recorded gate of a stage, and whether its threshold was committed before that started."""

    stage: str
    facts: Mapping[str, Any]
    before: bool


def _standing(attempts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the attempt whose results are on disk: the last finished one, if any finished."""
    finished = [record for record in attempts if record["status"] == "finished"]
    return (finished or list(attempts))[-1]


def _gates(climb: Climb, newest: Mapping[str, dict[str, Any]]) -> list[_Gate]:
    found: list[_Gate] = []
    for rung in climb.judged:
        record = newest.get(rung.stage, {})
        start = str(pairs(record.get("time")).get("start"))
        for facts in record.get("gates") or []:
            moment = pairs(facts.get("set")).get("time")
            found.append(_Gate(rung.stage, facts, bool(moment) and str(moment) <= start))
    return found


def _told(gates: Sequence[_Gate]) -> Child:
    if not gates:
        return "No gates are recorded."
    later = sum(not gate.before for gate in gates)
    told = f"{len(gates)} gates; {len(gates) - later} thresholds were committed before their stage"
    rest = f", {later} were not: set on the command line, uncommitted or outside of git"
    return f"{told} started{rest if later else ''}. Each is listed below."


def _shown(gates: Sequence[_Gate]) -> Html | None:
    rows: list[Html] = []
    for gate in gates:
        facts, origin = gate.facts, pairs(gate.facts.get("set"))
        waiver = f", waived: {facts['waiver']}" if facts.get("waiver") else ""
        bound = brief(show_bound(facts["op"], facts["threshold"]))
        setting = f"{origin.get('setting') or 'bound'} in {origin.get('where')}"
        by = tag("code", str(origin.get("commit") or "this run")[:_SHORT])
        value, answer = brief(show(facts["value"])), f"{facts['status']}{waiver}"
        rows.append(row(f"{gate.stage} {facts['id']}", value, bound, answer, setting, by))
    head = ("Gate", "Value", "Threshold", "Answer", "Set in", "By commit")
    summary = tag("summary", "Every gate, with the commit that set its threshold")
    return tag("details", summary, table(head, rows)) if rows else None


def _attempts(climb: Climb) -> Child:
    records = [record for rung in climb.rungs for record in rung.attempts]
    states = [record["status"] for record in records]
    told = ", ".join(f"{states.count(s)} {s}" for s in ("finished", "failed", "aborted"))
    errors = [f"{r['stage']} {r['attempt']}: {r['error']}" for r in records if r.get("error")]
    return [f"{told}. All are kept, see Trail.", tag("ul", [tag("li", e) for e in errors])]


def _numerics(record: Mapping[str, Any]) -> Child:
    resolved = pairs(pairs(record.get("config")).get("resolved"))
    numerics = pairs(record.get("numerics"))
    torch = pairs(numerics.get("torch"))
    environment = {**pairs(numerics.get("environment"))}
    return (
        f"Seed {resolved.get('seed')}; every stream derives from it by name. "
        f"{_listed(torch)}. {_listed(environment)}"
    )


def _cost(newest: Mapping[str, dict[str, Any]], last: Mapping[str, Any]) -> Child:
    host = pairs(last.get("host"))
    times = [pairs(record.get("time")) for record in newest.values()]
    wall = sum(float(time.get("seconds") or 0) for time in times)
    used = sum(float(time.get("cpu_seconds") or 0) for time in times)
    peak = max((float(time.get("peak_rss_bytes") or 0) for time in times), default=0.0)
    devices = sorted({record["device"] for record in newest.values() if record.get("device")})
    return (
        f"{host.get('cpu')}, {host.get('cores')} cores, accelerators: "
        f"{len(host.get('accelerators') or [])}; device {', '.join(devices)}. Stages took "
        f"{show_seconds(wall)}, {show_seconds(used)} of processor, at most {peak / 2**20:.0f} MiB."
    )


def _environment(record: Mapping[str, Any]) -> Child:
    env = pairs(record.get("env"))
    differs = pairs(env.get("differs_from_lock"))
    told = ", ".join(f"{name} ({pairs(v).get('installed')})" for name, v in differs.items())
    python = pairs(record.get("numerics")).get("python")
    return [
        f"Python {python}, {len(pairs(env.get('distributions')))} distributions with the SHA-256 "
        f"of their RECORD. Lock file {str(env.get('lock_sha256'))[:_SHORT]}, kept as "
        f"audit/requirements.lock; installed otherwise: {told or 'none'}."
    ]


def _parents(newest: Mapping[str, dict[str, Any]]) -> Child:
    count = sum(len(record.get("inputs") or []) for record in newest.values())
    return (
        f"{count} files were read, each hashed as it was opened; a stage refuses one that is not "
        "what its parent wrote. Each record names the SHA-256 of its parents' records."
    )


def _logs(climb: Climb) -> Child:
    path = climb.root / "results" / climb.run / "tracking.json"
    tracking = read_json(path) if path.exists() else {}
    stages = pairs(tracking.get("stages"))
    runs = ", ".join(f"{stage} {str(run)[:_SHORT]}" for stage, run in stages.items()) or "none"
    return f"curves.json and stage.log in each stage's folder. MLflow runs: {runs}."


def _spread(climb: Climb) -> Iterator[Child]:
    found = False
    for stage, path in (("benchmark", ("scores",)), ("tune", ("validation", "winner"))):
        scores: Any = _numbers(climb, stage)
        for key in path:
            scores = pairs(scores).get(key)
        if isinstance(scores, list) and len(scores) > 1:
            found = True
            mean, spread = statistics.mean(scores), statistics.stdev(scores)
            yield f"{stage}: {len(scores)} seeds, mean {show(mean)}, standard deviation "
            yield f"{show(spread)}. "
    yield "" if found else "No stage over several seeds has judged."


def _rerun(climb: Climb, record: Mapping[str, Any]) -> Child:
    environment = pairs(pairs(record.get("numerics")).get("environment"))
    portable = "ATEN_CPU_CAPABILITY" in environment
    other = "on another processor too (T2)" if portable else "on this kind of processor only"
    return [
        tag("code", f"startsimple reproduce {climb.run}"),
        " must give the same bits in every tensor and verdict on the same kind of host (T1), ",
        f"{other}. It prints the tier reached and the first stage, step and tensor that differ.",
    ]


def _vouched(climb: Climb) -> Child:
    by_hand = (
        f"cd results/{climb.run}\n"
        "sha256sum --check --strict --quiet audit/MANIFEST.sha256\n"
        "for f in audit/MANIFEST.json audit/HEAD.json; do\n"
        "  ssh-keygen -Y verify -f YOUR_ALLOWED_SIGNERS -I SIGNER -n startsimple-audit \\\n"
        "    -s $f.sig < $f; done"
    )
    return [
        tag("code", f"startsimple verify {climb.run} --signers YOUR_ALLOWED_SIGNERS"),
        " tells. By hand, without our code, and with keys that you have from the signer and not "
        "from this folder:",
        tag("pre", by_hand),
    ]


def _numbers(climb: Climb, stage: str) -> Mapping[str, Any]:
    found = [rung.verdict for rung in climb.judged if rung.stage == stage and rung.verdict]
    return found[0].numbers if found else {}


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {show(value)}" for name, value in values.items() if value is not None)
