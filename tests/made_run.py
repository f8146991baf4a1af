"""A run folder as a climb leaves it: verdicts, curves and records, without training anything."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from startsimple.schema.canonical import write_json
from startsimple.schema.stages import LADDER
from startsimple.schema.verdict import Check, Suspect, Verdict, judge, worst

SOURCE = "lecture, single-batch rule"


def write_run(
    root: Path, run: str = "demo", *, block: str | None = None, upto: str = "tune"
) -> None:
    """Write a climb that passes, or that a fault blocks at one stage.

    Args:
        root: An empty repository.
        run: Name of the run.
        block: Stage whose deciding check fails.
        upto: Last stage that is written.
    """
    write_json(root / "results" / run / "config.json", {"config": CONFIG, "overrides": []})
    for stage in LADDER[: LADDER.index(upto) + 1]:
        checks = [judge(**facts) for facts in CHECKS[stage]]
        suspects: Sequence[Suspect] = ()
        if stage == block:
            checks = [failed(checks[0]), *checks[1:]]
            suspects = SUSPECTS
        write_verdict(root, run, stage, checks, suspects)
        write_attempt(root, run, stage, 1)
        if stage == "data":
            write_json(root / "results" / run / stage / "figures.json", FIGURES)
        if stage == "default_model":
            write_json(root / "results" / run / stage / "modules.json", MODULES)
        if stage in CURVES:
            write_json(root / "results" / run / stage / "curves.json", {"series": CURVES[stage]})


def failed(check: Check) -> Check:
    return judge(
        check.id, check.title, 0.9, "<=", 0.01, source=check.source, evidence="0.9 is above 0.01."
    )


def write_verdict(
    root: Path, run: str, stage: str, checks: list[Check], suspects: Sequence[Suspect] = ()
) -> Verdict:
    status = worst(checks)
    verdict = Verdict(
        run=run,
        stage=stage,
        status=status,
        checks=checks,
        next=f"Fix {suspects[0].fault}." if suspects else f"Go on after {stage}.",
        deciding=checks[0].id,
        suspects=suspects,
        inputs={"config": "c" * 64, "data": "d" * 64, "code": "e" * 64, "env": "f" * 64},
        numbers=NUMBERS.get(stage, {}) if not status.blocks else {},
    )
    verdict.write(root / "results" / run / stage / "verdict.json")
    return verdict


def write_attempt(
    root: Path,
    run: str,
    stage: str,
    number: int,
    status: str = "finished",
    error: str | None = None,
) -> None:
    record = {
        "schema": "startsimple.attempt/1",
        "run": run,
        "stage": stage,
        "attempt": number,
        "status": status,
        "error": error,
        "time": {
            "start": "2026-01-01T10:00:00.000+00:00",
            "end": "2026-01-01T10:00:12.000+00:00",
            "seconds": 12.0 * number,
        },
        "device": "cpu",
        "verdict": "pass",
        "config": {"resolved": {"dataset": CONFIG["dataset"], "seed": 0}, "overrides": []},
        "digests": {"config": "c" * 64, "data": "d" * 64, "code": "e" * 64, "env": "f" * 64},
        "code": {
            "git": {
                "commit": "a" * 40,
                "branch": "trunk",
                "dirty": True,
                "diff_sha256": "b" * 64,
                "thresholds_commit": "9" * 40,
            }
        },
        "samples": [{"seconds": 2.0, "cpu_percent": 50.0, "memory_percent": 9.0}],
    }
    write_json(root / "results" / run / "audit" / stage / f"attempt-{number}.json", record)


def _facts(id: str, title: str, value: Any, op: str, threshold: Any) -> dict[str, Any]:
    evidence = f"{title}: {value} against {threshold}."
    return {
        "id": id,
        "title": title,
        "value": value,
        "op": op,
        "threshold": threshold,
        "source": SOURCE,
        "evidence": evidence,
    }


CONFIG: dict[str, Any] = {
    "name": "demo",
    "seed": 0,
    "device": "auto",
    "dataset": {"name": "demo", "classes": 10, "licence": "Apache-2.0", "pointer": "data/demo.dvc"},
}

CHECKS: dict[str, list[dict[str, Any]]] = {
    "data": [
        _facts("D-02", "labels belong to features", 0.05, "<=", 0.05),
        _facts("D-05", "rows shared by splits", 0, "==", 0),
    ],
    "simplify": [_facts("S-03", "a linear model solves it", 0.987, ">=", 0.9)],
    "default_model": [_facts("P-01", "initial loss against log K", 0.0123, "<=", 0.1)],
    "overfit_batch": [
        _facts("O-03", "loss above its floor, share of the initial loss", 4e-4, "<=", 0.01)
    ],
    "benchmark": [_facts("B-01", "published accuracy reproduced", 0.94, "in", (0.925, 0.955))],
    "gap": [_facts("E-02", "largest gap beyond its interval", "bias", "==", "bias")],
    "tune": [_facts("T-16", "probability that the winner is better", 1.0, ">=", 0.75)],
}

SUSPECTS = [
    Suspect(
        "M04",
        0.97,
        ["Rows of the output sum to 1 within 1e-7.", "Loss stops at 1.461 = log(1 + 9/e)."],
        "Feed logits to the loss: drop the softmax of the last layer.",
        where="model.head",
        stage="default_model",
    ),
    Suspect("O02", 0.41, ["Update ratio 1e-5."], "Raise the learning rate to 3e-4."),
    Suspect("M13", 0.12, ["Two units are equal."], "Draw the weights from He's distribution."),
    Suspect("D01", 0.05, ["Inputs reach 255."], "Standardise the inputs."),
]


def _curve(steps: int, start: float, end: float) -> dict[str, list[float]]:
    step = [float(i) for i in range(0, steps + 1, max(steps // 60, 1))]
    value = [end + (start - end) * 2.718 ** (-5 * i / steps) for i in step]
    return {"step": step, "value": value}


def _series(name: str, steps: int, watched: str = "val", **params: Any) -> dict[str, Any]:
    shift = 0.002 * (sum(name.encode()) % 7)
    return {
        "name": name,
        "params": params,
        "metrics": {
            "train_loss": _curve(steps, 2.3, 0.02 + shift),
            "train_accuracy": _curve(steps, 0.1, 0.999),
            f"{watched}_accuracy": _curve(steps, 0.1, 0.94 - shift),
        },
        "summary": {f"{watched}_accuracy": 0.94 - shift},
        "device": "cpu",
    }


CURVES: dict[str, list[dict[str, Any]]] = {
    "overfit_batch": [_series(name, 2000) for name in ("frozen batch", "zeroed inputs")],
    "benchmark": [_series(f"benchmark seed {seed}", 6000, "test", seed=seed) for seed in range(3)],
    "gap": [_series(f"default model, seed {seed}", 6000, seed=seed) for seed in range(2)],
    "tune": [
        *(_series(f"coarse trial {i}", 1500, lr=10 ** (-4 + 0.25 * i)) for i in range(1, 13)),
        *(_series(f"{who} seed 0", 6000, seed=0) for who in ("winner", "incumbent")),
    ],
}

TRIALS: list[dict[str, Any]] = [
    {
        "lr": 10 ** (-4.5 + 0.25 * i),
        "weight_decay": 10 ** (-5 + (7 * i % 12) / 4),
        "schedule": ("constant", "cosine")[i % 2],
        "score": 0.95 - 0.02 * (i - 8) ** 2 / 10,
        "diverged": i == 11,
        "feasible": i != 11,
        "round": "coarse" if i < 8 else "fine",
    }
    for i in range(12)
]

NUMBERS: dict[str, dict[str, Any]] = {
    "data": {"md5": "0" * 32, "examples": {"train": 3200, "val": 800, "test": 1000}},
    "default_model": {
        "baselines": {"examples": 115.0, "linear": 0.98, "majority": 0.25, "model": 0.99},
        "parameters": 8836,
    },
    "overfit_batch": {
        "device": "cpu",
        "examples": 32,
        "floor": 0.0,
        "chance": 2.2874,
        "fingerprints": {"softmax applied twice": 1.4612, "log K": 2.3026},
        "loss_start": 2.31,
        "loss_end": 0.0009,
        "steps_to_criterion": 385,
    },
    "benchmark": {
        "device": "cpu",
        "claim": "The published CNN reaches 94 % test accuracy",
        "source": "Greydanus and Kobak 2024",
        "rank": 2,
        "rank_means": "official implementation on a benchmark",
        "reference": 0.94,
        "uncertainty": 0.0075,
        "test_size": 1000,
        "scores": [0.931, 0.942, 0.946],
        "interval": {"value": 0.9397, "low": 0.9205, "high": 0.9589},
        "baselines": {"logistic_regression": 0.896},
    },
    "gap": {
        "device": "cpu",
        "irreducible": 0.04,
        "irreducible_source": "a human expert",
        "rates": {},
        "gaps": {
            "bias": {"value": 0.17, "low": 0.14, "high": 0.2, "needed": 0},
            "variance": {"value": 0.05, "low": 0.01, "high": 0.09, "needed": 0},
        },
        "unmeasured": {"shift": "one validation split only: 0 by definition"},
        "route": "underfitting",
        "largest": "bias",
        "confidence": 0.95,
    },
    "tune": {
        "device": "cpu",
        "trials": TRIALS,
        "goal": "Find the best learning rate.",
        "roles": {"lr": "nuisance", "schedule": "scientific", "beta1": "fixed"},
        "caveats": {"beta1": "too few trials"},
        "space": {"lr": {"low": 1e-5, "high": 0.1, "scale": "log"}},
        "sensitivity": [
            {
                "name": "non-linearity",
                "lecture": "low",
                "share": 0.8,
                "low": 0.7,
                "high": 0.9,
                "measured": "high",
                "note": "",
                "disagrees": True,
            },
            {
                "name": "batch size",
                "lecture": "low",
                "share": None,
                "low": None,
                "high": None,
                "measured": "not measured",
                "note": "not searched",
                "disagrees": False,
            },
        ],
        "method": [{"id": "T-14", "became": "not tuned: batch size decides speed"}],
        "study": {"name": "demo", "trials": 12, "best": 0.95, "command": "startsimple reproduce"},
        "best_of_k": [0.7 + 0.24 * (1 - 0.6**k) for k in range(1, 13)],
        "best_of_k_low": [0.65 + 0.24 * (1 - 0.6**k) for k in range(1, 13)],
        "best_of_k_high": [0.75 + 0.24 * (1 - 0.6**k) for k in range(1, 13)],
        "winner": {"lr": 0.01, "schedule": "cosine"},
        "changes": {"optimizer.lr": 0.01, "schedule.name": "cosine"},
        "incumbent": {"lr": 0.0003, "schedule": "constant"},
        "adopted": True,
        "gain": {"value": 0.19, "low": 0.17, "high": 0.21},
        "better": 1.0,
        "validation": {"winner": [0.94, 0.95, 0.945], "incumbent": [0.75, 0.76, 0.74]},
        "test": {
            "models": "a" * 64,
            "accuracy": {"winner": [0.945, 0.95, 0.94], "incumbent": [0.74, 0.75, 0.73]},
            "n": 1000,
            "openings": 1,
        },
        "target": 0.96,
    },
}

FIGURES: dict[str, Any] = {
    "label_histogram": {"train": [320] * 10, "val": [80] * 10, "test": [100] * 10},
    "value_histogram": {
        "counts": [1, 4, 9, 16, 25, 16, 9, 4, 1],
        "edges": [-4.5, -3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 4.5],
    },
}

MODULES: list[dict[str, Any]] = [
    {
        "module": "first",
        "type": "Linear",
        "outputs": [{"shape": [100, 128], "mean": 0.009, "std": 1.41}],
        "parameters": 8320,
    }
]
