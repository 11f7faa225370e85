"""The rooms of the package: each imports only from rooms further down."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import synth_datamodule

PACKAGE = Path(synth_datamodule.__file__).parent

# From the bottom up.
ROOMS = [
    "numerics",
    "checks",
    "reporting",
    "config",
    "batch",
    "features",
    "metrics",
    "corpus",
    "parameters",
    "exact",
    "program",
    "modules",
    "kernels",
    "symmetry",
    "patching",
    "commandline",
    "voice",
    "synths",
    "plotting",
    "loading",
    "measure",
    "playing",
    "identity",
    "both_lightnings",
    "datamodule",
    "matching",
    "pretraining",
    "searching",
    "benchmark",
    "listening",
    "recordings",
    "sweeps",
    "torchsynth",
    "cli",
]
# Within a room, below its other files.
GROUND_FLOOR = {
    "modules": {"base", "phase", "recurrence", "filling", "sizes", "successors"},
    "kernels": {"exact"},
}
# Names that users were first taught: nothing but imports, which may lie anywhere.
RE_EXPORTS = {("patch",), ("matching", "sweeps")}
LIGHTNING = {"pytorch_lightning", "lightning", "lightning_fabric"}
MAY_IMPORT_LIGHTNING = {
    "both_lightnings",
    "datamodule",
    "matching",
    "pretraining",
    "benchmark",
    "recordings",
    "sweeps",
    "cli",
}


def parts_of(path):
    """Return a file's dotted name below the package: ("modules", "lfo")."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


FILES = sorted(PACKAGE.rglob("*.py"))
# The package's own __init__ may import anything, and its __main__ is the command.
OWN = {PACKAGE / "__init__.py", PACKAGE / "__main__.py"}
SOURCES = [path for path in FILES if path not in OWN and parts_of(path) not in RE_EXPORTS]
# Every module and folder of the package, by its dotted name.
PLACES = {parts_of(path) for path in FILES} - {()}
# Those that find what a user names; they know no room by themselves.
FINDERS = {("cli",), ("patching", "naming")}
each_source = pytest.mark.parametrize(
    "source", SOURCES, ids=[path.relative_to(PACKAGE).as_posix() for path in SOURCES]
)


def imported(text):
    """Return the dotted names that a source imports anywhere, with what it takes from them."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {tuple(alias.name.split(".")) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute here"
            module = tuple(node.module.split("."))
            names |= {(*module, alias.name) for alias in node.names}
    return names


def imported_from_here(path):
    """Return what a file imports from the package: ("modules", "lfo", "LFO")."""
    names = imported(path.read_text(encoding="utf-8"))
    return sorted(name[1:] for name in names if name[0] == PACKAGE.name)


def named(text):
    """Return the files and folders of the package that a source names in strings.

    A dotted name ("synth_datamodule.kernels.fused") counts, a path ("kernels/**/*.py") too;
    docstrings do not.
    """
    tree = ast.parse(text)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
    ]
    found = set()
    for string in strings:
        dotted, path = string.split("."), string.split("/")
        if dotted[0] == PACKAGE.name and tuple(dotted[1:2]) in PLACES:
            found.add(tuple(dotted[1:]))
        elif len(path) > 1:
            first, *rest = [part for part in path if part != PACKAGE.name] or [""]
            if (first.removesuffix(".py"),) in PLACES:
                found.add((first.removesuffix(".py"), *rest))
    return found


def asks_where_files_lie(text):
    """Return what a source uses that tells where the package's own sources lie."""
    return {
        node.id
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Name) and node.id in {"__file__", "__path__", "__spec__"}
    }


def level(parts):
    room, *inside = parts
    assert room in ROOMS, (
        f"{room} has no place among the rooms: give it one in ROOMS (tests/test_layers.py), or "
        "import a public name from the room where it is written"
    )
    floor = 0 if inside and inside[0] in GROUND_FLOOR.get(room, ()) else 1
    return ROOMS.index(room), floor


@each_source
def test_a_room_has_its_place_and_imports_only_from_further_down(source):
    here = parts_of(source)
    for parts in imported_from_here(source):
        assert parts, "a room imports from rooms, not the whole package"
        same_room = parts[0] == here[0]
        allowed = level(parts) <= level(here) if same_room else level(parts) < level(here)
        assert allowed, f"{'.'.join(here)} imports {'.'.join(parts)}, which lies further up"
    assert level(here)


@each_source
def test_a_room_names_in_strings_only_what_lies_further_down(source):
    here = parts_of(source)
    if here in FINDERS:
        pytest.skip("it finds what a user names")
    for parts in sorted(named(source.read_text(encoding="utf-8"))):
        same_room = parts[0] == here[0]
        allowed = level(parts) <= level(here) if same_room else level(parts) < level(here)
        assert allowed, f"{'.'.join(here)} names {'.'.join(parts)}, which lies further up"


@each_source
def test_no_room_looks_for_the_packages_files(source):
    # What comes with the package is found by importlib.resources, under the package's name.
    assert asks_where_files_lie(source.read_text(encoding="utf-8")) == set()


@each_source
def test_only_the_rooms_about_training_import_lightning(source):
    used = {name[0] for name in imported(source.read_text(encoding="utf-8"))} & LIGHTNING
    assert not used or parts_of(source)[0] in MAY_IMPORT_LIGHTNING


def test_torchaudio_is_imported_in_one_place():
    users = [
        path
        for path in FILES
        if any(name[0] == "torchaudio" for name in imported(path.read_text(encoding="utf-8")))
    ]
    assert [parts_of(path) for path in users] == [("features", "transforms")]


def test_no_file_imports_itself_in_a_circle():
    files = {parts_of(path): path for path in SOURCES}
    graph = {}
    for parts, path in files.items():
        names = imported_from_here(path)
        graph[parts] = {name if name in files else name[:-1] for name in names}
    assert set().union(*graph.values()) <= files.keys()
    # Raises CycleError, which names the circle.
    assert len(list(TopologicalSorter(graph).static_order())) == len(files)


@pytest.mark.parametrize("parts", sorted(RE_EXPORTS), ids=".".join)
def test_a_name_that_users_were_first_taught_holds_nothing_but_imports(parts):
    source = ast.parse(PACKAGE.joinpath(*parts).with_suffix(".py").read_text(encoding="utf-8"))
    docstring, *imports, public = source.body
    assert isinstance(docstring, ast.Expr)
    assert all(isinstance(line, ast.ImportFrom) for line in imports)
    assert isinstance(public, ast.Assign)
    assert public.targets[0].id == "__all__"


def test_imports_are_seen_wherever_they_stand():
    source = """
import torch.nn as nn
from synth_datamodule import checks
if TYPE_CHECKING:
    from synth_datamodule.voice import Voice
def late():
    import pytorch_lightning, os.path
    class Inner:
        from synth_datamodule.modules.lfo import LFO as L
"""
    assert imported(source) == {
        ("torch", "nn"),
        ("synth_datamodule", "checks"),
        ("synth_datamodule", "voice", "Voice"),
        ("pytorch_lightning",),
        ("os", "path"),
        ("synth_datamodule", "modules", "lfo", "LFO"),
    }


def test_strings_that_name_a_place_are_seen_wherever_they_stand():
    source = """
'synth_datamodule.voice is a docstring'
SOURCES = sorted(Path(__file__).parent.rglob("kernels/**/*.py"))
def late(folder="synth_datamodule/modules/lfo.py"):
    importlib.import_module("synth_datamodule.loading.sets")
    return "synth_datamodule.Voice", "kernels", "cuts/kernels", "synth_datamodule"
"""
    assert named(source) == {
        ("kernels", "**", "*.py"),
        ("modules", "lfo.py"),
        ("loading", "sets"),
    }
    assert asks_where_files_lie(source) == {"__file__"}


@pytest.mark.parametrize("parts", [("attic",), ("SynthConfig",)], ids=["room", "public-name"])
def test_a_room_without_a_place_is_asked_for_one(parts):
    with pytest.raises(AssertionError, match=f"{parts[0]} has no place .* give it one in ROOMS"):
        level(parts)
