"""The registry is complete, and its table says what the verdicts say."""

import shutil
from pathlib import Path

import pytest

from startsimple.cli.benchmarks import registered, seconds, table
from startsimple.cli.main import main
from startsimple.schema.canonical import write_json
from startsimple.schema.compose import compose_experiment
from startsimple.schema.errors import UserError
from startsimple.schema.load import load_slice
from startsimple.schema.verdict import Check, Status, Verdict
from startsimple.stages.benchmark_checks import RANKS

ROOT = Path(__file__).parents[3]
CONF = ROOT / "conf"

# What the sources publish: accuracy, or mean squared error of a constant answer.
PUBLISHED = {
    "mnist1d_linear": 0.32,
    "mnist1d_mlp": 0.68,
    "mnist1d_cnn": 0.94,
    "mnist1d_gru": 0.91,
    "mnist1d_shuffled_linear": 0.32,
    "mnist1d_shuffled_mlp": 0.68,
    "mnist1d_shuffled_cnn": 0.56,
    "mnist1d_shuffled_gru": 0.57,
    "mnist_linear": 1 - 0.120,
    "mnist_mlp": 1 - 0.047,
    "mnist_lenet": 1 - 0.0095,
    "mnist_knn": 1 - 0.050,
    "digits_baselines": None,
    "digits_shift_baselines": None,
    "mnist1d_shift_baselines": None,
    "diabetes_ridge": None,
    "adding20": 1 / 6,
    "adding50": 1 / 6,
}


def test_every_benchmark_has_one_experiment_and_the_published_value():
    found = registered(CONF)
    assert sorted(item.benchmark for item in found) == sorted(PUBLISHED)
    datasets = set()
    for item in found:
        config = load_slice(compose_experiment(CONF, item.experiment).config)
        datasets.add(config.dataset.name)
        claim, value = config.benchmark, PUBLISHED[item.benchmark]
        assert claim.value == (None if value is None else pytest.approx(value, abs=1e-6))
        assert claim.source and claim.rank in RANKS
        # A reference that is made here, or a constant, is a floor to beat; others are met.
        own = value is None or item.benchmark.startswith("adding")
        assert claim.floor == own and (claim.rank == 7) == own
        assert (ROOT / config.dataset.pointer).exists()
    # The data sets whose planted bugs `tests/unit/stages/test_benchmark_audit.py` looks for.
    tested = "adding20 adding50 diabetes digits mnist mnist1d mnist1d_shuffled"
    shifted = "digits_shift mnist1d_shift"
    assert datasets == {*tested.split(), *shifted.split()}


def test_a_benchmark_without_an_experiment_is_named(tmp_path):
    shutil.copytree(CONF, tmp_path / "conf")
    (tmp_path / "conf" / "experiment" / "mnist_knn.yaml").unlink()
    with pytest.raises(UserError, match="No experiment chooses benchmark 'mnist_knn'"):
        registered(tmp_path / "conf")


def judged(root: Path, run: str, **numbers: object) -> None:
    facts = {
        "claim": "a claim", "metric": "accuracy", "rank": 5, "reference": 0.94, "floor": False,
        "tolerance": 0.02, "seeds": 3, "verdict": "reproduced", "further_seeds": 0,
        "interval": {"value": 0.93, "low": 0.92, "high": 0.94},
    } | numbers  # fmt: skip
    checks = [Check("B-01", "a", Status.PASS), Check("B-02", "b", Status.WARN)]
    verdict = Verdict(run, "benchmark", Status.WARN, checks, "go on", numbers=facts)
    verdict.write(root / "results" / run / "benchmark" / "verdict.json")
    for number, (status, time) in enumerate([("finished", 60.4), ("aborted", 99), ("finished", 2)]):
        path = root / "results" / run / "audit" / "benchmark" / f"attempt-{number}.json"
        write_json(path, {"status": status, "time": {"seconds": time, "cpu_seconds": time / 2}})


def test_the_table_says_what_the_verdicts_say(tmp_path):
    judged(tmp_path, "mnist1d_cnn")
    judged(tmp_path, "mnist1d_gru", verdict="inconclusive", further_seeds=4)
    judged(tmp_path, "mnist_knn", verdict="inconclusive", further_seeds=None, seeds=0)
    floor = {"reference": 1 / 6, "floor": True, "tolerance": -0.15, "metric": "mean_squared_error"}
    interval = {"value": 9e-5, "low": 5e-5, "high": 13e-5}
    judged(tmp_path, "adding20_lstm", **floor, interval=interval, verdict="beaten")
    rows = {
        line.split("`")[1]: line for line in table(tmp_path, registered(CONF)).splitlines()[-16:]
    }
    assert rows["mnist1d_cnn"] == (
        "| `mnist1d_cnn` | a claim | 5 | 0.9400 | 0.9200 to 0.9600 | 0.9300 [0.9200, 0.9400] "
        "| 3 | 161 (81) | reproduced | warn (B-02) |"
    )
    assert "| inconclusive: 4 more seeds would decide |" in rows["mnist1d_gru"]
    assert "| none | 161 (81) | inconclusive with any number" in rows["mnist_knn"]
    assert "| 0.1667 | below 0.01667 | 9e-05 [5e-05, 0.00013] |" in rows["adding20_lstm"]
    assert "not judged" in rows["digits_mlp"]
    assert seconds(tmp_path, "mnist1d_cnn") == pytest.approx((161.4, 80.7))
    assert seconds(tmp_path, "digits_mlp") == (0, 0)


def test_the_committed_table_is_complete():
    text = (CONF / "benchmark" / "RESULTS.md").read_text(encoding="utf-8")
    for item in registered(CONF):
        assert f"`{item.experiment}`" in text


def test_an_unknown_experiment_is_refused(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert main(["benchmarks", "mnist_lenett"]) == 1
    assert "Did you mean 'mnist_lenet'?" in capsys.readouterr().err
