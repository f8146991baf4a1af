"""One sentence for each way in which a config can be wrong."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from hydra.errors import MissingConfigException, OverrideParseException
from omegaconf import MissingMandatoryValue
from omegaconf.errors import ConfigKeyError, OmegaConfBaseException, ValidationError

from startsimple.schema.errors import nearest


def explain(error: Exception, name: str, overrides: list[str]) -> str:
    """Say which key or value of an experiment is wrong, and what would be right.

    Args:
        error: What composing it raised.
        name: The experiment.
        overrides: The overrides as given.

    Returns:
        One sentence, or two: the key, where it stands, and the nearest valid one.
    """
    where = f"experiment '{name}'" + (f" with {', '.join(overrides)}" if overrides else "")
    # Hydra wraps OmegaConf's error, which knows the key.
    for cause in _chain(error):
        if isinstance(cause, MissingConfigException) and cause.missing_cfg_file:
            wanted = str(cause.missing_cfg_file)
            options = [str(option) for option in cause.options or []]
            return (
                f"No config file '{wanted}' for {where}. {nearest(wanted.split('/')[-1], options)}"
            )
        if isinstance(cause, OverrideParseException):
            return f"The override '{cause.override}' is not of the form key=value ({where})."
        if isinstance(cause, ConfigKeyError) or _names_attribute(cause):
            return f"Unknown config key '{_key(cause)}' in {where}. {_valid_keys(cause)}"
        if isinstance(cause, MissingMandatoryValue):
            return f"A value is missing in {where}: {_first_line(cause)}."
        if isinstance(cause, ValidationError):
            at = f"{_key(cause)}: " if _key(cause) else ""
            return f"Wrong type in {where}: {at}{_first_line(cause)}."
    return f"The config of {where} is wrong: {' '.join(str(error).split())}."


def _names_attribute(error: BaseException) -> bool:
    return isinstance(error, OmegaConfBaseException) and isinstance(error, AttributeError)


def _key(error: BaseException) -> str:
    return str(getattr(error, "full_key", None) or "")


def _valid_keys(error: BaseException) -> str:
    owner: Any = getattr(error, "object_type", None)
    wrong = str(getattr(error, "key", None) or "")
    if is_dataclass(owner):
        return nearest(wrong, [item.name for item in fields(owner)])
    return "Its keys are free: put + before it to add one."


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0].rstrip(".")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        yield error
        seen.append(error)
        error = error.__cause__ or error.__context__
