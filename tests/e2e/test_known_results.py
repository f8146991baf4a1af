"""Every registered benchmark sees each planted bug, through the real stages."""

import pytest

from startsimple.cli.benchmarks import Registered, registered
from startsimple.data.sources import mnist
from startsimple.schema.compose import compose_experiment
from startsimple.schema.verdict import Status
from tests.conftest import REPOSITORY, Climb, begin, check

MIRROR = REPOSITORY.parent / "shared" / "data" / "mnist"
# What is looked for is seen before training: a few steps show that the stage judges at all.
QUICK = ("stage.benchmark.seeds=2", "benchmark.protocol.training.steps=20")


@pytest.mark.long
@pytest.mark.parametrize("item", registered(REPOSITORY / "conf"), ids=lambda item: item.experiment)
def test_planted_bugs_fail_or_warn(
    item: Registered,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset = compose_experiment(REPOSITORY / "conf", item.experiment).config["dataset"]["name"]
    if dataset == "mnist":
        if not MIRROR.is_dir():
            pytest.skip(f"there is no mirror of MNIST at {MIRROR}")
        monkeypatch.setenv(mnist.MIRROR_VARIABLE, str(MIRROR))
    climb: Climb = begin(tmp_path_factory.mktemp(item.experiment), item.experiment)
    clean = climb.run("benchmark", QUICK)
    looked = {id: check(clean, id).status for id in ("B-06", "D-02", "D-05")}
    assert set(looked.values()) == {Status.PASS}
    for bug, id, status in (
        ("unnormalised", "B-06", Status.WARN),
        ("shifted_labels", "D-02", Status.WARN),
        ("test_in_train", "D-05", Status.FAIL),
    ):
        verdict = climb.run("benchmark", [*QUICK, f"benchmark.protocol.bug={bug}"])
        assert check(verdict, id).status == status
        assert verdict.status in (Status.WARN, Status.FAIL)
