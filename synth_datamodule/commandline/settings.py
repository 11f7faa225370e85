"""Settings as Lightning's commands take them: typed words and YAML files, each thing once."""

import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from synth_datamodule.reporting import read_text

_CONFIG = ("--config", "-c")
_FILES = (*_CONFIG, "--data", "--model", "--trainer")  # options that take a YAML file
_MOST_VALUES = 100_000


def checked_words(words: Sequence[str]) -> list[str]:
    """Return words of ``fit`` in which nothing is given twice or empty, and whose files are YAML.

    ``--config`` may be repeated. What is behind ``NAME+=``, which adds to a list, begins anew. A
    pipe is read here, and the words hold what it gave.

    Args:
        words: Words typed after the command's name.

    Raises:
        OSError: If a file cannot be read.
        ValueError: If an option is given twice or is empty, or a file is not YAML; it names which.

    Example:
        >>> checked_words(["--data.seed=1", "--data.seed", "2"])
        Traceback (most recent call last):
        ...
        ValueError: --data.seed is given twice, '1' and '2'
    """
    given: dict[str, str] = {}
    read: list[str] = []
    option = ""
    for word, following in itertools.zip_longest(words, words[1:], fillvalue="--"):
        if word.startswith("--") or word == "-c":
            option, equals, value = word.partition("=")
            if not equals:
                value = "" if following.startswith("--") else following
            if option.endswith("+"):
                inner = f"{option.removesuffix('+')}."
                given = {name: value for name, value in given.items() if not name.startswith(inner)}
            elif option in given and option not in _CONFIG:
                raise ValueError(f"{option} is given twice, {given[option]!r} and {value!r}")
            given[option] = value
            if not equals:
                read.append(word)
                continue
        else:
            equals, value = "", word
        if not value.strip():
            raise ValueError(f"{option} must not be empty, got {value!r}")
        value = _checked_value(option, value)
        read.append(f"{option}={value}" if equals else value)
    return read


def check_yaml(text: str, name: str) -> yaml.Node | None:
    """Return the root of a YAML text, in which no key is twice and no alias makes it vast.

    Args:
        text: The text.
        name: Name that an error begins with.

    Raises:
        ValueError: If it is not so.

    Example:
        >>> check_yaml("model: {width: 2, width: 4}", "a.yaml")
        Traceback (most recent call last):
        ...
        ValueError: a.yaml gives width twice
    """
    try:
        root: yaml.Node | None = yaml.compose(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if root is not None:
            _num_values(root, name, {})
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"{name} is not YAML: {error}") from error
    return root


def _checked_value(option: str, value: str) -> str:
    if option in _FILES and os.path.exists(value):  # noqa: PTH110  # also of a long text
        text = read_text(value, value)
        root = check_yaml(text, value)
        if root is not None and not isinstance(root, yaml.MappingNode):
            raise ValueError(f"{value} must be YAML that names settings")
        return value if Path(value).is_file() else text or "{}"
    if value[:1] in ("{", "["):
        check_yaml(value, option)
    return value


def _num_values(node: yaml.Node, name: str, known: dict[int, int | None]) -> int:
    """Return how many values a node holds where every alias is written out."""
    if id(node) not in known:
        known[id(node)] = None  # not before those it holds
        parts: list[Any] = node.value if isinstance(node, yaml.CollectionNode) else []
        if isinstance(node, yaml.MappingNode):
            keys = [str(key.value) for key, _ in parts]
            twice = next((key for key in keys if keys.count(key) > 1), None)
            if twice is not None:
                raise ValueError(f"{name} gives {twice} twice")
            parts = [value for _, value in parts]
        known[id(node)] = 1 + sum(_num_values(part, name, known) for part in parts)
    number = known[id(node)]
    if number is None or number > _MOST_VALUES:
        most = f"at most {_MOST_VALUES} values, its aliases written out, it holds"
        raise ValueError(f"{name} must hold {most} {number or 'itself'}")
    return number
