"""Every file the package writes is written in its room ``reporting``, whole or not at all."""

import ast
from pathlib import Path

import pytest

import synth_datamodule

PACKAGE = Path(synth_datamodule.__file__).parent
OF_ANYTHING = {"write_text", "write_bytes", "savefig", "tofile"}
OF_A_MODULE = {
    ("soundfile", "write"),
    ("torch", "save"),
    ("json", "dump"),
    *((numpy, name) for numpy in ("np", "numpy") for name in ("save", "savez", "savetxt")),
}


def writes(text):
    """Return the lines of a source that write a file by themselves."""
    return [
        f"{node.lineno}: {ast.unparse(node)[:80]}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and is_writing(node)
    ]


def is_writing(call):
    function = call.func
    if isinstance(function, ast.Attribute):
        owner = function.value.id if isinstance(function.value, ast.Name) else ""
        if (owner, function.attr) in OF_A_MODULE:
            return True
        if function.attr in OF_ANYTHING and owner != "reporting":
            return True
        name, path = function.attr, 0
    else:
        name, path = getattr(function, "id", ""), 1
    if any(ast.unparse(argument) == "os.devnull" for argument in call.args):
        return False
    modes = [*call.args[path:], *(word.value for word in call.keywords if word.arg == "mode")]
    return name == "open" and any(
        isinstance(mode, ast.Constant)
        and isinstance(mode.value, str)
        and set(mode.value) & {*"wax+"}
        for mode in modes
    )


def test_files_are_written_in_one_place():
    names = {path: path.relative_to(PACKAGE).as_posix() for path in sorted(PACKAGE.rglob("*.py"))}
    found = {
        name: lines
        for path, name in names.items()
        if not name.startswith("reporting/") and (lines := writes(path.read_text(encoding="utf-8")))
    }
    # What is compiled is kept further down than that room, under a digest.
    assert found.keys() == {"numerics/objects.py"}


@pytest.mark.parametrize(
    "line",
    [
        "path.write_text(text)",
        "(folder / 'a').write_bytes(content)",
        "soundfile.write(path, audio, 44100)",
        "axes.figure.savefig(path)",
        "open(path, 'w')",
        "open(path, mode='ab')",
        "path.open('a', newline='')",
        "path.open(mode='r+')",
        "torch.save(state, path)",
        "np.savez(path, a=a)",
        "json.dump(value, file)",
    ],
)
def test_a_write_is_seen_wherever_it_stands(line):
    assert len(writes(f"def late():\n    if True:\n        {line}")) == 1


@pytest.mark.parametrize(
    "line",
    [
        "write_text(path, text)",
        "reporting.write_text(path, text)",
        "path.open()",
        "open('wax')",
        "open(os.devnull, 'w')",
        "open(path, encoding='ascii')",
        "json.dumps(value)",
        "sys.stderr.write(text)",
    ],
)
def test_reading_and_handing_over_is_no_write(line):
    assert writes(line) == []
