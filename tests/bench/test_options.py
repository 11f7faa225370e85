import re
import runpy
import shlex
from pathlib import Path

import pytest
from options import WORDS, options, read

BENCH = Path(__file__).parent
SCRIPTS = sorted(
    path for path in BENCH.glob("*.py") if "\ndef main(" in path.read_text(encoding="utf-8")
)
NEEDED = {"inversion": ["--train"]}
TEXTS = [BENCH.parents[1] / "README.md", BENCH / "README.md"]
COMMANDS = [
    (text.relative_to(BENCH.parents[1]).as_posix(), " ".join(command.split()))
    for text in TEXTS
    for command in re.findall(
        r"`(python tests/bench/[^`]*)`", text.read_text(encoding="utf-8"), flags=re.DOTALL
    )
]


def parser_of(script):
    """Return the parser that a script reads its options with; nothing of it runs."""
    return runpy.run_path(str(script), run_name=script.stem)["parser"]()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_scripts_options_are_spelled_like_the_commands(script, capsys):
    parser = parser_of(script)
    given = vars(parser.parse_args(NEEDED.get(script.stem, [])))
    for action in parser._actions:
        for name in action.option_strings:
            assert re.fullmatch(r"--[a-z_]+|-h", name), name
    if "out" in given:
        assert given["overwrite"] is False
    with pytest.raises(SystemExit, match="0"):
        parser.parse_args(["--help"])
    assert f"python tests/bench/{script.name}" in capsys.readouterr().out


@pytest.mark.parametrize(("text", "command"), COMMANDS)
def test_a_command_that_is_written_down_can_be_typed(text, command):
    _, script, *words = shlex.split(command)
    parser_of(BENCH.parents[1] / script).parse_args(words)


def test_every_script_is_described():
    lines = TEXTS[1].read_text(encoding="utf-8").splitlines()
    described = {name for line in lines for name in re.findall(r"^\| `(\w+\.py)` \|", line)}
    assert described == {path.name for path in SCRIPTS}


def test_words_have_their_types_and_defaults_and_a_list_takes_several():
    parser = options("What.", batch_sizes=[1, 2], seconds=4.0, out=None, overwrite=False)
    assert vars(read(parser, arguments=[])) == {
        "batch_sizes": [1, 2],
        "seconds": 4.0,
        "out": None,
        "overwrite": False,
    }
    words = ["--batch_sizes", "3", "4", "--seconds", "0.5", "--out", "a", "--overwrite"]
    given = read(parser, arguments=words)
    assert (given.batch_sizes, given.seconds, given.out) == ([3, 4], 0.5, Path("a"))
    assert given.overwrite is True
    assert {"batch_sizes", "seconds", "out", "overwrite"} <= set(WORDS)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--batch_sizes", "3", "0"], "batch_sizes must be a whole number >= 1, got 0"),
        (["--seed", "-1"], "seed must be a whole number >= 0, got -1"),
        (["--seconds", "-1"], "seconds must be a finite number > 0, got -1.0"),
        (["--device", "meta"], "device must be 'cpu' or a CUDA device, got 'meta'"),
        (["--out", "there"], "there exists; --overwrite"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("there").touch()
    parser = options(
        "What.", batch_sizes=[1], seed=[0], seconds=4.0, device="cpu", out=None, overwrite=False
    )
    with pytest.raises(SystemExit, match="2"):
        read(parser, lambda given: [given.out] if given.out else (), words)
    assert message in capsys.readouterr().err.splitlines()[-1]
