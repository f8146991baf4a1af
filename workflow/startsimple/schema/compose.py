"""Hydra composes the config once per experiment; every error becomes one sentence."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from startsimple.schema import config as schema
from startsimple.schema.canonical import digest
from startsimple.schema.errors import UserError, nearest
from startsimple.schema.load import load_slice

_MODELS = {
    "auto": schema.AutoModel,
    "linear": schema.LinearModel,
    "mlp": schema.MlpModel,
    "cnn1d": schema.Cnn1dModel,
    "recurrent": schema.RecurrentModel,
    "lenet": schema.LeNetModel,
    "imported": schema.ImportedModel,
}


@dataclass(frozen=True)
class Experiment:
    """One composed experiment.

    Attributes:
        run: Name of the run: the experiment's, with a label or a digest of the overrides.
        overrides: The overrides as given.
        config: The resolved config as plain containers.
    """

    run: str
    overrides: tuple[str, ...]
    config: dict[str, Any]


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
        raise UserError(f"No experiment is named '{name}' in {conf}/experiment. {nearest(name, known)}")
    if label is not None and not re.fullmatch(r"[A-Za-z0-9._-]+", label):
        raise UserError(f"label='{label}': use letters, digits, '.', '_' and '-' only.")
    given = list(overrides or [])
    _register()
    try:
        with initialize_config_dir(str(conf.resolve()), version_base="1.3"):
            composed = compose("config", overrides=[f"experiment={name}", *given])
        plain = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise UserError(_explain(error, name, given)) from error
    config: dict[str, Any] = {**_strings(plain), "name": name}
    load_slice(config)
    suffix = f"~{label or digest(given)[:8]}" if given or label else ""
    return Experiment(f"{name}{suffix}", tuple(given), config)


def _strings(plain: Any) -> dict[str, Any]:
    return {str(key): value for key, value in plain.items()}


def _register() -> None:
    store = ConfigStore.instance()
    store.store("base", schema.Config)
    for name, node in _MODELS.items():
        store.store(name, node, group="schema/model")


def _explain(error: Exception, name: str, overrides: list[str]) -> str:
    """Turn Hydra's and OmegaConf's exceptions into one sentence with the nearest valid key."""
    text = " ".join(str(part) for part in _chain(error))
    where = f"experiment '{name}'" + (f" with {', '.join(overrides)}" if overrides else "")
    missing = re.search(r"(?:Key|key) '([^']+)' (?:is )?not in '([^']+)'", text)
    unknown = re.search(r"Could not override '([^']+)'", text)
    if missing:
        owner = getattr(schema, missing[2], None) or getattr(schema, "Config", None)
        fields = getattr(owner, "__dataclass_fields__", {})
        full = re.search(r"full_key: (\S+)", text)
        key = full[1] if full else (unknown[1] if unknown else missing[1])
        return f"Unknown config key '{key}' in {where}. {nearest(missing[1], fields)}"
    if unknown:
        return f"Unknown config key '{unknown[1]}' in {where}. Look it up below conf/."
    group = re.search(r"Could not find '([^']+)'", text)
    if group:
        options = re.findall(r"^\t(\S+)$", str(error), flags=re.MULTILINE)
        return f"No config file '{group[1]}' for {where}. {nearest(group[1].split('/')[-1], options)}"
    value = re.search(r"[Vv]alue '(.+?)'.*?(?:could not|cannot) be converted to (\w+)", text)
    key = re.search(r"full_key: (\S+)", text)
    if value and key:
        return f"Wrong type in {where}: {key[1]} = '{value[1]}' is not of type {value[2].lower()}."
    if "Missing mandatory value" in text or "MissingMandatoryValue" in type(error).__name__:
        return f"A value is missing in {where}: {str(error).splitlines()[0]}"
    return f"The config of {where} is wrong: {str(error).splitlines()[0]}"


def _chain(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain
