"""A command's options: a frozen dataclass, whose fields and docstring make the parser."""

import argparse
import difflib
import inspect
import itertools
import re
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import docstring_parser

if TYPE_CHECKING:
    from jsonargparse import ArgumentParser

    from synth_datamodule.patching.recipe import SynthRecipe

_Command = TypeVar("_Command")

_SECONDS = "buffer_size_seconds"
_REST = "rest"
# What is said of a recipe's mappings, by the type of their values: words, metavar, type as typed.
_ASSIGNED: dict[Any, tuple[str, str, Any]] = {
    float: (
        "Parameter value that holds for every sound, as in keyboard.midi_f0=60; may be repeated.",
        "NAME=VALUE",
        dict[str, float],
    ),
    tuple[float, float]: (
        "Narrower range of a parameter, as in keyboard.midi_f0=48,72; may be repeated.",
        "NAME=MINIMUM,MAXIMUM",
        dict[str, list[float]],
    ),
    Sequence[float]: (
        "Values that a parameter's draws pick from, as in keyboard.midi_f0=48,50,52; may be "
        "repeated.",
        "NAME=VALUE,...",
        dict[str, list[float]],
    ),
    Any: (
        "As NAME=VALUE; may be repeated.",
        "NAME=VALUE",
        dict[str, bool | int | float | str | None],
    ),
}
_CHANGES = Mapping[str, Any]
_NEGATIVE = re.compile(r"-(\.?\d|inf$|nan$)")


def parse(command: type[_Command], prog: str, words: Sequence[str]) -> _Command:
    """Read a command's options from the words typed after its name.

    The command is a frozen dataclass. Its docstring is the help, and each field is an option, but
    for these: ``POSITIONAL`` names the field that words without an option go to, and ``METAVAR``
    says how the help calls one of them. A SynthRecipe is one option for each of the recipe's
    fields. A ``Mapping[str, Any]``, beside it or alone, holds those that were typed. A field named
    ``rest`` gets the words of all options that are not the command's own. The help leaves
    out a field that the docstring leaves out.

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
    parser, settings = _parser(command, prog), _fields(command)
    actions = parser._option_string_actions
    given, bare, rest = _sorted_out(words, actions)
    positional = getattr(command, "POSITIONAL", "")
    for unknown, has_place in ((rest, _REST in settings), (bare, positional)):
        if unknown and not has_place:
            raise ValueError(no_such("option", unknown[0], actions))
    if bare:
        given[positional] = bare
    if "help" in given:
        parser.print_help()
        raise SystemExit(0)
    try:
        read = parser.parse_object(given, defaults=False).as_dict()
    except argparse.ArgumentError as error:
        raise ValueError(in_one_line(str(error))) from error
    values = {name: tuple(read) if isinstance(read, list) else read for name, read in read.items()}
    typed: dict[str, Any] = {}
    if any(_is_recipe(hint) for _, hint in settings.values()):
        options = {part: _option(part) for part in _fields(_recipe_class())}
        typed = {part: values.pop(name) for part, name in options.items() if name in values}
    for name, (_, hint) in settings.items():
        if name == _REST:
            values[name] = tuple(rest)
        elif _is_recipe(hint):
            values[name] = typed if hint == _CHANGES else _recipe(typed)
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
    name = word.partition("=")[0][:100]
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"there is no {kind} {name}; " + (
        f"the nearest is {near[0]}" if near else f"--help lists every {kind}"
    )


def in_one_line(message: str) -> str:
    r"""Return jsonargparse's message, of up to eight lines, as a rule and a value.

    Args:
        message: The message of an ArgumentError.

    Example:
        >>> in_one_line('Parser key "sounds":\n  Expected a <class \'int\'>. Got value: x')
        '--sounds must be int, got x'
    """
    key = re.search(r'key "([\w.]+)"', message)
    value = re.search(r"(?:Given value|Got value): (.*)", message)
    kinds = re.search(r"Subtypes: [\[(](.*)[\])]", message) or re.search(
        r"Expected an? (.*?)\.? (?:Got|Given) value", message, re.DOTALL
    )
    if key and value and kinds:
        allowed = re.sub(r"<class '([\w.]+)'>|typing\.Literal\[(.*?)\]", r"\1\2", kinds[1])
        allowed = allowed.replace("typing.", "").replace("NoneType", "null").replace("\n", " ")
        return f"--{key[1]} must be {allowed.replace(', ', ' or ')}, got {value[1]}"
    message = re.sub(r"(arguments are required: )(?=\w)", r"\1--", message)
    return re.sub(r'^Parser key "([\w.]+)":', r"--\1:", message.removeprefix("argument "))


def described(made: type) -> dict[str, str]:
    """Return what a class's docstring says of each argument, in one line.

    Args:
        made: The class, with a docstring in Google's style.

    Example:
        >>> from synth_datamodule.patching.recipe import SynthRecipe
        >>> described(SynthRecipe)["sample_rate"]
        'Audio rate in hertz.'
    """
    said = docstring_parser.parse(made.__doc__ or "", docstring_parser.DocstringStyle.GOOGLE)
    return {
        part.arg_name: " ".join((part.description or "").replace("``", "").split())
        for part in said.params
    }


def _parser(command: type, prog: str) -> "ArgumentParser":
    """Return a parser that holds a command's options and converts their values."""
    import jsonargparse  # in a tenth of a second, which only a command that is called takes

    positional = getattr(command, "POSITIONAL", "")
    metavar = getattr(command, "METAVAR", positional.removesuffix("s").upper())
    parser = jsonargparse.ArgumentParser(
        prog=prog,
        usage=f"%(prog)s {f'[{metavar} ...] ' if positional else ''}[options]",
        description=(inspect.getdoc(command) or "").partition("\nArgs:")[0],
        formatter_class=argparse.HelpFormatter,
        exit_on_error=False,
    )
    texts, settings = described(command), _fields(command)
    with_recipe = any(hint is _recipe_class() for _, hint in settings.values())
    for name, (setting, hint) in settings.items():
        if hint == _CHANGES and with_recipe:
            continue  # the same options
        if _is_recipe(hint):
            recipe, group = _recipe_class(), parser.add_argument_group("synth", texts[name])
            about = described(recipe)
            for part, (inner, kind) in _fields(recipe).items():
                keywords = _keywords(inner, kind, about[part], hint is recipe)
                group.add_argument(f"--{_option(part)}", **keywords)
            continue
        keywords = _keywords(setting, hint, texts.get(name))
        if name == positional:
            parser.add_argument(name, **{**keywords, "nargs": "*", "metavar": metavar})
        elif name != _REST:
            parser.add_argument(f"--{name}", **keywords)
    return parser


def _option(part: str) -> str:
    """Return what the option for a recipe's field is called."""
    return "seconds" if part == _SECONDS else part


def _fields(made: type) -> dict[str, tuple["Field[Any]", Any]]:
    """Return a dataclass's fields and their types by name."""
    hints = get_type_hints(made)
    return {setting.name: (setting, hints[setting.name]) for setting in fields(made)}


def _is_recipe(hint: Any) -> bool:  # noqa: ANN401  # a type
    return hint == _CHANGES or hint is _recipe_class()


@cache
def _recipe_class() -> "type[SynthRecipe]":
    from synth_datamodule.patching.recipe import SynthRecipe  # torch: later than the first words

    return SynthRecipe


def _keywords(
    setting: "Field[Any]",
    hint: Any,  # noqa: ANN401  # a type
    text: str | None,
    with_default: bool = True,
) -> dict[str, Any]:
    """Return what add_argument takes for a field; the dataclass alone knows the default."""
    default = setting.default if setting.default_factory is MISSING else setting.default_factory()
    shown = " ".join(map(str, default)) if isinstance(default, tuple | Mapping) else default
    if with_default and hint is not bool and shown not in (None, "", MISSING):
        text = f"{text} (default: {shown})"
    keywords: dict[str, Any] = {
        "help": argparse.SUPPRESS if text is None else text.replace("%", "%%"),
        "default": argparse.SUPPRESS,
    }
    if hint is bool:
        return {**keywords, "action": "store_true"}
    if get_origin(hint) in (Union, types.UnionType):
        # A field may be None or a class where nothing is typed, or in Python.
        hint = next(kind for kind in get_args(hint) if kind is not type(None))
    if default is MISSING:
        keywords["required"] = True
    if get_origin(hint) is Mapping:
        words, metavar, kind = _ASSIGNED[get_args(hint)[1]]
        text = f"{text} {words}" if words.startswith("As ") else words
        return {**keywords, "help": text, "metavar": metavar, "type": kind}
    if get_origin(hint) is tuple:
        kinds = get_args(hint)
        keywords["nargs"] = "+" if kinds[-1] is Ellipsis else len(kinds)
        keywords["metavar"] = ("START", "STOP") if kinds == (int, int) else None
        hint = kinds[0]
    return {**keywords, "type": hint}


def _sorted_out(
    words: Sequence[str], actions: Mapping[str, argparse.Action]
) -> tuple[dict[str, Any], list[str], list[str]]:
    """Return what is typed for each option, the other words, and those of unknown options."""
    runs: list[list[str]] = [[""]]
    for word in words:
        if word.startswith("-") and word != "-" and not _NEGATIVE.match(word):
            runs.append([word])
        else:
            runs[-1].append(word)
    given: dict[str, Any] = {}
    bare, rest = runs[0][1:], []
    for word, *values in runs[1:]:
        name, equals, value = word.partition("=")
        action = actions.get(name)
        if action is None:
            most = 0 if equals else 1
            rest += [word, *values[:most]]
            bare += values[most:]
            continue
        values = [value, *values] if equals else values
        least = action.nargs if isinstance(action.nargs, int) else 1
        most = len(values) if action.nargs == "+" else least
        metavar = str(action.metavar)
        if assigns := metavar.startswith("NAME="):
            # In ``--pinned A=1 B=2 7``, the sound is no value.
            most = len(list(itertools.takewhile(lambda value: value.find("=") > 0, values)))
        taken = values[:most]
        empty = any(not value or value.isspace() for value in taken)  # a path would be "."
        if len(taken) < least or (equals and not taken) or empty:
            takes = metavar if assigns else f"{least or 'no'} value{'s' * (least > 1)}"
            raise ValueError(f"{name} takes {takes}, got {' '.join(map(repr, values)) or 'none'}")
        if assigns:
            for assigned, _, number in (one.partition("=") for one in taken):
                before = given.setdefault(action.dest, {})
                if assigned in before:
                    _refuse_twice(f"{name} {assigned}", before[assigned], number)
                before[assigned] = number.split(",") if "," in metavar else number
        elif action.nargs == "+":
            given[action.dest] = given.get(action.dest, []) + taken
        else:
            read = taken if action.nargs else taken[0] if taken else True
            if read is not True and action.dest in given:
                _refuse_twice(name, given[action.dest], read)
            given[action.dest] = read
        bare += values[most:]
    return given, bare, rest


def _refuse_twice(name: str, one: object, other: object) -> None:
    raise ValueError(f"{name} is given twice, {one!r} and {other!r}")


def _recipe(typed: Mapping[str, Any]) -> "SynthRecipe":
    try:
        return _recipe_class()(**typed)
    except (TypeError, ValueError) as error:
        raise type(error)(str(error).replace(_SECONDS, _option(_SECONDS))) from error
