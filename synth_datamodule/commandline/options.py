"""A command's options: a frozen dataclass, whose fields and docstring make the parser."""

import argparse
import difflib
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

import docstring_parser

from synth_datamodule.patching.recipe import SynthRecipe

_Command = TypeVar("_Command")

# Where an option is called otherwise than the recipe's field.
_SHORTER = {"buffer_size_seconds": "seconds"}
_REST = "rest"
_PINNED = "Parameter value that holds for every sound, as in keyboard.midi_f0=60; may be repeated."


def parse(command: type[_Command], prog: str, words: Sequence[str]) -> _Command:
    """Read a command's options from the words typed after its name.

    The command is a frozen dataclass. Its docstring is the help, and each field is an option, but
    for these: ``POSITIONAL`` names the field that words without an option go to, and ``METAVAR``
    says how the help calls one of them. A SynthRecipe is one option for each of the recipe's
    fields. A ``Mapping[str, Any]`` holds those of the recipe's fields that were typed. A field
    named ``rest`` gets the words of all options that are not the command's own.

    Args:
        command: The dataclass.
        prog: Words that call the command, as in ``"synth-datamodule render"``.
        words: The words typed after these.

    Returns:
        The dataclass, made.

    Raises:
        SystemExit: After ``--help``, with status 0.
        ValueError: If a word is no option, or a value breaks a rule; the message says which.

    Example:
        >>> from synth_datamodule.synths.command import Render
        >>> render = parse(Render, "synth-datamodule render", ["7", "--seconds", "0.5"])
        >>> render.names, render.recipe.buffer_size_seconds
        (('7',), 0.5)
    """
    parser = _parser(command, prog)
    known = [option for action in parser._actions for option in action.option_strings]
    own, rest = _sorted_out(words, known)
    if rest and not any(setting.name == _REST for setting, _ in _fields(command)):
        raise ValueError(no_such("option", rest[0], known))
    given = vars(parser.parse_intermixed_args(list(_one_by_one(own))))
    values: dict[str, Any] = {}
    for setting, hint in _fields(command):
        if setting.name == _REST:
            values[setting.name] = tuple(rest)
        elif hint is SynthRecipe:
            values[setting.name] = _recipe(given)
        elif get_origin(hint) is Mapping:
            values[setting.name] = _typed(given)
        elif setting.name in given:
            value = given[setting.name]
            values[setting.name] = tuple(value) if isinstance(value, list) else value
    return command(**values)


def no_such(kind: str, word: str, known: Iterable[str]) -> str:
    """Return a sentence about a word that is unknown, with the nearest one that is known.

    Args:
        kind: Name for such words, ``"option"``.
        word: The word as typed, a value after ``=`` included.
        known: The words there are.

    Example:
        >>> no_such("option", "--secnds=2", ["--seconds", "--out"])
        'there is no option --secnds; the nearest is --seconds'
    """
    name = word.partition("=")[0]
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"there is no {kind} {name}; " + (
        f"the nearest is {near[0]}" if near else f"--help lists every {kind}"
    )


def described(made: type) -> dict[str, str]:
    """Return what a class's docstring says of each argument, in one line.

    Args:
        made: The class, with a docstring in Google's style.

    Example:
        >>> described(SynthRecipe)["sample_rate"]
        'Audio rate in hertz.'
    """
    said = docstring_parser.parse(made.__doc__ or "", docstring_parser.DocstringStyle.GOOGLE)
    return {
        part.arg_name: " ".join((part.description or "").replace("``", "").split())
        for part in said.params
    }


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message.removeprefix("argument ").replace(": must", " must", 1))


def _parser(command: type, prog: str) -> _Parser:
    said = docstring_parser.parse(command.__doc__ or "", docstring_parser.DocstringStyle.GOOGLE)
    about = (said.short_description, said.long_description)
    positional = getattr(command, "POSITIONAL", None)
    metavar = getattr(command, "METAVAR", str(positional).removesuffix("s").upper())
    parser = _Parser(
        prog=prog,
        usage=f"%(prog)s {f'[{metavar} ...] ' if positional else ''}[options]",
        description=" ".join(part.replace("\n", " ") for part in about if part),
        allow_abbrev=False,
    )
    helps = described(command)
    for setting, hint in _fields(command):
        text = helps.get(setting.name, "")
        if setting.name == _REST:
            continue
        if hint is SynthRecipe or get_origin(hint) is Mapping:
            _add_recipe(parser.add_argument_group("synth", text), hint is SynthRecipe)
            continue
        keywords = _keywords(setting.name, hint, setting, text)
        if setting.name == positional:
            keywords.pop("required", None)
            parser.add_argument(setting.name, **{**keywords, "nargs": "*", "metavar": metavar})
        else:
            parser.add_argument(f"--{setting.name}", **keywords)
    return parser


def _add_recipe(group: "argparse._ArgumentGroup", with_defaults: bool) -> None:
    texts = {**described(SynthRecipe), "pinned": _PINNED}
    for part, hint in _fields(SynthRecipe):
        option = _SHORTER.get(part.name, part.name)
        text = texts[part.name]
        keywords = _keywords(option, hint, part, text)
        if not with_defaults:
            keywords["help"] = text.replace("%", "%%")
        # What is not typed stays out of what is read: a recipe has defaults, a change has none.
        group.add_argument(f"--{option}", **{**keywords, "default": argparse.SUPPRESS})


def _keywords(name: str, hint: Any, setting: "Field[Any]", text: str) -> dict[str, Any]:  # noqa: ANN401  # a type
    """Return argparse's arguments for a field."""
    hint = _not_none(hint)
    default = setting.default if setting.default_factory is MISSING else setting.default_factory()
    text = text.replace("%", "%%")
    if hint is bool:
        return {"action": "store_true", "help": text}
    shown = " ".join(map(str, default)) if isinstance(default, tuple | Mapping) else default
    if shown not in (None, "", MISSING):
        text = f"{text} (default: {str(shown).replace('%', '%%')})"
    keywords: dict[str, Any] = {"help": text, "metavar": name.upper()}
    if default is MISSING:
        keywords["required"] = True
    else:
        keywords["default"] = default
    if get_origin(hint) is Mapping:
        return {**keywords, "type": _assignment, "action": "append", "metavar": "NAME=VALUE"}
    if get_origin(hint) is tuple:
        kinds = get_args(hint)
        keywords["nargs"] = "+" if kinds[-1] is Ellipsis else len(kinds)
        hint = kinds[0]
        if isinstance(keywords["nargs"], int):
            pair = ("START", "STOP") if kinds == (int, int) else (name.upper(),) * len(kinds)
            keywords["metavar"] = pair
    if get_origin(hint) is Literal:
        choices = tuple(map(str, get_args(hint)))
        keywords["metavar"] = f"{{{','.join(choices)}}}"
        return {**keywords, "type": _one_of(choices)}
    return {**keywords, "type": {int: _whole_number, float: _number, Path: Path}.get(hint, str)}


def _fields(command: type) -> list[tuple["Field[Any]", Any]]:
    hints = get_type_hints(command)
    return [(setting, hints[setting.name]) for setting in fields(command)]


def _not_none(hint: Any) -> Any:  # noqa: ANN401  # a type
    """Return what is typed for a field that may be more: the first of its types but None."""
    if get_origin(hint) in (Union, types.UnionType):
        return next(kind for kind in get_args(hint) if kind is not type(None))
    return hint


def _sorted_out(words: Sequence[str], known: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the words that are a command's own, and the options that are not with their values."""
    own: list[str] = []
    rest: list[str] = []
    into = own
    for word in words:
        if word.startswith("-") and not word[1:2].isdigit() and word != "-":
            into = own if word.partition("=")[0] in known else rest
            into.append(word)
            if "=" in word:
                into = own
        else:
            into.append(word)
            into = into if into is own else own
    return own, rest


def _one_by_one(words: Sequence[str]) -> Iterator[str]:
    """Spell ``--pinned A=1 B=2 7`` as ``--pinned=A=1 --pinned=B=2 7``: the sound is no value."""
    waits = pinning = False
    for word in words:
        if waits and "=" not in word:
            yield "--pinned"  # which then says that it needs a value
        if pinning and "=" in word and not word.startswith("-"):
            yield f"--pinned={word}"
            waits = False
            continue
        waits = pinning = word == "--pinned"
        if not pinning:
            yield word
    if waits:
        yield "--pinned"


def _recipe(given: Mapping[str, Any]) -> SynthRecipe:
    try:
        return SynthRecipe(**_typed(given))
    except (TypeError, ValueError) as error:
        text = str(error)
        for name, option in _SHORTER.items():
            text = text.replace(name, option)
        raise type(error)(text) from error


def _typed(given: Mapping[str, Any]) -> dict[str, Any]:
    options = {part.name: _SHORTER.get(part.name, part.name) for part in fields(SynthRecipe)}
    typed = {name: given[option] for name, option in options.items() if option in given}
    if "pinned" in typed:
        typed["pinned"] = dict(typed["pinned"])
    return typed


def _assignment(word: str) -> tuple[str, float]:
    name, equals, value = word.partition("=")
    try:
        if name and equals:
            return name, float(value)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"must be NAME=VALUE, the value a number, got {word!r}")


def _whole_number(word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, got {word!r}") from None


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, got {word!r}") from None


def _one_of(choices: Sequence[str]) -> Callable[[str], str]:
    def check(word: str) -> str:
        if word not in choices:
            raise argparse.ArgumentTypeError(f"must be one of {', '.join(choices)}, got {word!r}")
        return word

    return check
