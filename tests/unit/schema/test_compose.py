"""Composing experiments: all that are shipped compose, and every mistake is named."""

import shutil
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.conftest import REPOSITORY

from startsimple.schema.compose import compose_experiment
from startsimple.schema.errors import UserError
from startsimple.schema.load import load_slice
from startsimple.schema.stages import SECTIONS

CONF = REPOSITORY / "conf"
SHIPPED = sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))
QUICK = "digits_mlp"
# Keys below these are the user's own.
FREE = ("args", "space", "waive", "slices", "fixed")
# A composition takes most of a second: too long to shrink a failing example.
ONCE = (Phase.explicit, Phase.generate)


def keys_below(mapping: dict, prefix: tuple = ()) -> list[tuple[str, ...]]:
    found = []
    for key, value in mapping.items():
        found.append((*prefix, key))
        if isinstance(value, dict) and key not in FREE:
            found += keys_below(value, (*prefix, key))
    return found


KEYS = keys_below(compose_experiment(CONF, QUICK).config)


def complaint(*overrides: str, conf: Path = CONF, name: str = QUICK) -> str:
    """Return the one sentence with which a composition is refused."""
    with pytest.raises(UserError) as caught:
        compose_experiment(conf, name, list(overrides))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """Return a copy of conf/ to which a test adds `experiment/mine.yaml`."""
    return shutil.copytree(CONF, tmp_path / "conf")


def write_experiment(conf: Path, body: str) -> None:
    text = f"# @package _global_\ndefaults:\n  - {QUICK}\n{body}\n"
    (conf / "experiment" / "mine.yaml").write_text(text)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_experiment_composes(name):
    experiment = compose_experiment(CONF, name)
    assert (experiment.run, experiment.config["name"]) == (name, name)
    config = load_slice(experiment.config)
    assert config.benchmark.test_size > 0
    assert config.search.space["lr"].low < config.search.space["lr"].high
    for sections in SECTIONS.values():
        assert set(sections) <= set(experiment.config)


def test_an_override_takes_effect_and_names_the_run():
    plain, changed = (compose_experiment(CONF, QUICK, o) for o in ([], ["optimizer.lr=0.5"]))
    assert changed.config["optimizer"]["lr"] == 0.5
    assert plain.config["optimizer"]["lr"] == 3e-4
    assert changed.run.startswith(f"{QUICK}~") and changed.overrides == ("optimizer.lr=0.5",)
    other = compose_experiment(CONF, QUICK, ["optimizer.lr=0.6"])
    assert other.run != changed.run
    labelled = compose_experiment(CONF, QUICK, ["optimizer.lr=0.6"], "fast")
    assert labelled.run == f"{QUICK}~fast"


def test_an_injected_fault_is_a_config_of_its_own():
    config = compose_experiment(CONF, QUICK, ["fault=M04"]).config
    assert config["loss"]["double_softmax"] is True


@settings(max_examples=12, phases=ONCE)
@given(path=st.sampled_from(KEYS), data=st.data())
def test_a_misspelt_key_is_refused_on_the_command_line(path, data):
    *owner, key = path
    cut = data.draw(st.integers(0, len(key) - 1))
    wrong = key[:cut] + "q" + key[cut + 1 :]
    said = complaint(".".join([*owner, wrong]) + "=1")
    assert f"Unknown config key '{'.'.join([*owner, wrong])}'" in said
    assert key in said.split("Valid: ")[1].rstrip(".").split(", ")
    assert len(key) < 4 or f"Did you mean '{key}'?" in said


@settings(max_examples=8, phases=ONCE)
@given(path=st.sampled_from([path for path in KEYS if len(path) > 1]))
def test_a_misspelt_key_is_refused_inside_an_experiment_file(tmp_path_factory, path):
    *owner, key = path
    conf = tmp_path_factory.mktemp("copy") / "conf"
    shutil.copytree(CONF, conf)
    body = f"{key}q: 1"
    for section in reversed(owner):
        body = f"{section}: {{{body}}}"
    write_experiment(conf, body)
    said = complaint(conf=conf, name="mine")
    assert f"Unknown config key '{'.'.join(owner)}.{key}q' in experiment 'mine'" in said
    assert f"Did you mean '{key}'?" in said


WRONG = [
    ("training.steps", "many", "Integer"),
    ("training.steps", "1.5", "Integer"),
    ("training.steps", "null", "not Optional"),
    ("optimizer.lr", "fast", "Float"),
    ("loss.double_softmax", "maybe", "valid bool"),
    ("search.schedules", "cosine", "list"),
    ("stage.simplify.classes", "[a]", "Integer"),
    ("stage.tune", "3", "TuneStage"),
]


# The same mistake is put in other words for a file.
NULL = ("training.steps", "null", "'None'")


@pytest.mark.parametrize(("key", "value", "says"), WRONG)
def test_a_wrong_type_is_refused_on_the_command_line(key, value, says):
    said = complaint(f"{key}={value}")
    assert said.startswith("Wrong type") and key in said and says in said


@pytest.mark.parametrize(
    ("key", "value", "says"), [*WRONG[:2], *WRONG[3:6], ("training.steps", "null", "'None'")]
)
def test_a_wrong_type_is_refused_inside_an_experiment_file(conf, key, value, says):
    section, leaf = key.split(".")
    write_experiment(conf, f"{section}: {{{leaf}: {value}}}")
    said = complaint(conf=conf, name="mine")
    assert said.startswith("Wrong type") and key in said and says in said


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("model=mlpp", "Did you mean 'mlp'?"),
        ("optimizer.lr", "'optimizer.lr' is not of the form key=value"),
        ("=3", "is wrong"),
        ("++optimizer.lrr=1", "Did you mean 'lr'?"),
        ("stage.data.waive.D-06=known", "put + before it"),
    ],
)
def test_other_mistakes_on_the_command_line_are_named(override, says):
    assert says in complaint(override)


def test_a_waiver_is_added_with_a_plus():
    config = compose_experiment(CONF, QUICK, ["+stage.data.waive.D-06=known"]).config
    assert config["stage"]["data"]["waive"] == {"D-06": "known"}


def test_a_file_that_is_no_yaml_is_refused(conf):
    write_experiment(conf, "training: [")
    assert "mine.yaml" in complaint(conf=conf, name="mine")


def test_an_unknown_experiment_and_a_bad_label_are_refused():
    assert "Did you mean 'digits_mlp'?" in complaint(name="digits_mpl")
    with pytest.raises(UserError, match="letters, digits"):
        compose_experiment(CONF, QUICK, [], "../outside")
