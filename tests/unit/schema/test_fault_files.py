"""Every fault that can occur in a program on one machine has a file that injects it."""

import pytest
import yaml
from tests.conftest import REPOSITORY

from startsimple.diagnosis.faults import FAULTS
from startsimple.program.faults.injector import Injector
from startsimple.schema.compose import compose_experiment
from startsimple.schema.load import load_slice
from startsimple.schema.targets import import_target

CONF = REPOSITORY / "conf"
FILES = sorted(path.stem for path in (CONF / "fault").glob("*.yaml"))
FITTING = {
    "adding20_lstm": ["D03", "D16", "M10"],
    "digits_mlp": sorted({*FILES} - {"D03", "D16", "M10"}),
}


def test_every_fault_has_a_file() -> None:
    assert sorted(FAULTS) == FILES and len(FILES) == 59


@pytest.mark.parametrize("experiment", FITTING)
def test_the_files_compose_over_an_experiment_that_they_fit(experiment: str) -> None:
    faults = FITTING[experiment]
    clean = compose_experiment(CONF, experiment).config
    config = compose_experiment(CONF, experiment, [f"fault=[{','.join(faults)}]"]).config
    typed = load_slice(config)
    named = {*typed.fault, *typed.dataset.fault}
    for fault in faults:
        sections = yaml.safe_load((CONF / f"fault/{fault}.yaml").read_text())
        injectors = {*sections.get("fault", {}), *sections.get("dataset", {}).get("fault", {})}
        assert injectors <= {fault} and injectors <= named
        # A file without an injector changes a setting that the experiment has.
        changed = {(name, key) for name, part in sections.items() for key in part}
        assert injectors or any(config[name][key] != clean[name][key] for name, key in changed)


@pytest.mark.parametrize("fault", FILES)
def test_an_injector_is_one_of_ours(fault: str) -> None:
    sections = yaml.safe_load((CONF / f"fault/{fault}.yaml").read_text())
    for planted in sections.get("dataset", {}).get("fault", {}).values():
        assert planted["_target_"].startswith("startsimple.data.faults.")
        assert import_target(planted["_target_"]).__doc__.startswith(f"{fault}: ")
    for planted in sections.get("fault", {}).values():
        target = import_target(planted["_target_"])
        assert issubclass(target, Injector) and fault in target.__doc__.split(": ")[0]


def test_several_faults_at_once() -> None:
    config = load_slice(compose_experiment(CONF, "digits_mlp", ["fault=[D04,M19,O11]"]).config)
    assert [*config.fault] == ["M19", "O11"] and [*config.dataset.fault] == ["D04"]
    assert config.optimizer.name == "sgd"
