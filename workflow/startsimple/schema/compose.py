"""Hydra composes the config once per experiment; every error becomes one sentence."""

import re
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from startsimple.schema import models
from startsimple.schema.canonical import digest
from startsimple.schema.config import Config
from startsimple.schema.errors import UserError, nearest
from startsimple.schema.experiment import Experiment
from startsimple.schema.explain import explain
from startsimple.schema.load import load_slice

_MODELS = {
    "auto": models.AutoModel,
    "linear": models.LinearModel,
    "mlp": models.MlpModel,
    "cnn1d": models.Cnn1dModel,
    "recurrent": models.RecurrentModel,
    "lenet": models.LeNetModel,
    "lenet5": models.LeNet5Model,
    "imported": models.ImportedModel,
}


def compose_experiment(
    conf: Path, name: str, overrides: list[str] | None = None, label: str | None = None
) -> Experiment:
    """Compose one experiment from the config folder, against the typed schema.

    Args:
        conf: The folder with Hydra's groups.
        name: A file name of conf/experiment, without its suffix.
        overrides: Hydra overrides such as "optimizer.lr=1e-3".
        label: Name of this variant; without it the overrides' digest tells variants apart.

    Returns:
        The experiment.

    Raises:
        UserError: If a name, a key or a type is wrong; the message names the nearest valid one.
    """
    known = [path.stem for path in sorted((conf / "experiment").glob("*.yaml"))]
    if name not in known:
        raise UserError(
            f"No experiment is named '{name}' in {conf}/experiment. {nearest(name, known)}"
        )
    if label is not None and not re.fullmatch(r"[A-Za-z0-9._-]+", label):
        raise UserError(f"label='{label}': use letters, digits, '.', '_' and '-' only.")
    given = list(overrides or [])
    _register()
    try:
        with initialize_config_dir(str(conf.resolve()), version_base="1.3"):
            composed = compose("config", overrides=[f"experiment={name}", *given])
        plain = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    except (HydraException, OmegaConfBaseException, YAMLError, ValueError) as error:
        raise UserError(explain(error, name, given)) from error
    config: dict[str, Any] = {**_strings(plain), "name": name}
    load_slice(config)
    suffix = f"~{label or digest(given)[:8]}" if given or label else ""
    return Experiment(f"{name}{suffix}", tuple(given), config)


def _strings(plain: Any) -> dict[str, Any]:
    return {str(key): value for key, value in plain.items()}


def _register() -> None:
    store = ConfigStore.instance()
    store.store("base", Config)
    for name, node in _MODELS.items():
        store.store(name, node, group="schema/model")
