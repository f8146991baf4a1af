"""From the JSON slice that a stage receives back to typed dataclasses, without Hydra."""

import types
import typing
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from startsimple.schema.config import Config, ModelConfig
from startsimple.schema.errors import UserError, nearest

T = TypeVar("T")


def load_slice(mapping: dict[str, Any]) -> Config:
    """Build the part of the config that a stage may see.

    Args:
        mapping: The stage's slice: some sections of a config that was validated when composed.

    Returns:
        A config whose sections outside the slice are None, so that reading one fails at once
        instead of making the stage depend on something that cannot trigger it.
    """
    config = build(Config, mapping)
    for section in fields(Config):
        if section.name not in mapping:
            setattr(config, section.name, None)
    return config


def build(kind: type[T], mapping: dict[str, Any]) -> T:
    """Build a dataclass from nested plain containers.

    Args:
        kind: The dataclass.
        mapping: Its fields; missing ones keep their defaults.

    Returns:
        The instance. A model stays a mapping: its keys depend on its `_target_`.

    Raises:
        UserError: If the mapping has a key that the dataclass lacks.
    """
    hints = typing.get_type_hints(kind)
    for key in mapping:
        if key not in hints:
            raise UserError(f"Unknown key '{key}' in {kind.__name__}. {nearest(key, hints)}")
    return kind(**{key: _convert(hints[key], value) for key, value in mapping.items()})


def _convert(hint: Any, value: Any) -> Any:
    if hint is ModelConfig:
        return value
    if is_dataclass(hint) and isinstance(value, dict):
        return build(typing.cast("type[Any]", hint), typing.cast("dict[str, Any]", value))
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is dict and isinstance(value, dict):
        items = typing.cast("dict[str, Any]", value)
        return {key: _convert(arguments[1], item) for key, item in items.items()}
    if origin in (typing.Union, types.UnionType) and value is not None:
        return _convert(next(a for a in arguments if a is not type(None)), value)
    return value
