"""Options are a frozen dataclass: its fields are what can be typed, its docstring is the help."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from synth_datamodule.commandline import described, no_such, parse
from synth_datamodule.patching.recipe import SynthRecipe


@dataclass(frozen=True)
class Play:
    """Play notes 100 % in tune.

    Of every kind of option there is one.

    Args:
        notes: Notes to play.
        out: Folder of the files.
        split: Split of the notes.
        count: Number of notes, 1 % at least.
        loud: Whether it is loud.
        seed: Seeds of the notes, one
            run each.
        span: Range of notes.
        files: Files to hold side by side.
        recipe: Synth that plays.
    """

    POSITIONAL: ClassVar[str] = "notes"

    notes: tuple[str, ...] = ()
    out: Path = Path("played")
    split: Literal["train", "val"] = "train"
    count: int | None = None
    loud: bool = False
    seed: tuple[int, ...] = (0, 1)
    span: tuple[int, int] | None = None
    files: tuple[Path, Path] | None = None
    secret: str | None = None
    recipe: SynthRecipe = field(default_factory=SynthRecipe)


@dataclass(frozen=True)
class Change:
    """Change a synth.

    Args:
        space: Settings to try.
        changes: Settings that are other than they were.
        rest: Words for somebody else.
    """

    space: tuple[str, ...]
    changes: Mapping[str, Any] = field(default_factory=dict)
    rest: tuple[str, ...] = ()


def play(*words):
    return parse(Play, "synth play", words)


def test_nothing_typed_is_every_default():
    assert play() == Play()


def test_every_kind_of_option_is_read():
    words = "a --seed 3 4 5 --span 6 7 --count 8 --split val --loud --out x --files y z"
    assert play(*words.split()) == Play(
        notes=("a",),
        seed=(3, 4, 5),
        span=(6, 7),
        count=8,
        split="val",
        loud=True,
        out=Path("x"),
        files=(Path("y"), Path("z")),
    )


def test_words_without_an_option_may_stand_between_options():
    assert play("a", "--count=2", "b", "--loud", "c").notes == ("a", "b", "c")
    assert play("-1").notes == ("-1",)


def test_a_recipe_is_one_option_for_each_of_its_fields():
    words = "--synth synth_datamodule.synths.FmVoice --sample_rate 16000 --seconds 0.5 --eps 1e-5"
    assert play(*words.split()).recipe == SynthRecipe(
        "synth_datamodule.synths.FmVoice", sample_rate=16000, buffer_size_seconds=0.5, eps=1e-5
    )


@pytest.mark.parametrize(
    "words",
    [
        ["--pinned", "a=1", "--pinned", "b=2.5", "note"],
        ["--pinned", "a=1", "b=2.5", "note"],
        ["note", "--pinned=a=1", "--pinned=b=2.5"],
    ],
    ids=["repeated", "several", "with-an-equals-sign"],
)
def test_pinned_values_are_repeated_or_follow_one_another(words):
    assert play(*words) == Play(("note",), recipe=SynthRecipe(pinned={"a": 1, "b": 2.5}))


def test_an_option_of_several_values_may_be_repeated():
    assert play("--seed", "3", "--seed=4", "5", "--loud", "--loud").seed == (3, 4, 5)


def test_changes_hold_what_was_typed_and_nothing_else():
    words = ["--space", "a", "--seconds", "2", "--pinned", "x=1"]
    changes = {"buffer_size_seconds": 2.0, "pinned": {"x": 1.0}}
    assert parse(Change, "synth change", words) == Change(("a",), changes)
    assert parse(Change, "synth change", words[:2]).changes == {}


def test_what_is_not_a_commands_own_goes_to_the_rest_where_there_is_one():
    words = [
        "--data.seed",
        "-1",
        "--space",
        "a",
        "b",
        "--trainer.x=2",
        "--config",
        "c",
        "--eps",
        "1e-5",
    ]
    read = parse(Change, "synth change", words)
    assert read.space == ("a", "b")
    assert read.rest == ("--data.seed", "-1", "--trainer.x=2", "--config", "c")
    assert read.changes == {"eps": 1e-5}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--cou", "2"], "there is no option --cou; the nearest is --count"),
        (["--coumt", "2"], "there is no option --coumt; the nearest is --count"),
        (["--coun=2"], "there is no option --coun; the nearest is --count"),
        (["--xyzzy"], "there is no option --xyzzy; --help lists every option"),
        (["-o", "x"], "there is no option -o; "),
        (["--count", "2.5"], "--count must be int, got 2.5$"),
        (["--seed", "1", "x"], "--seed must be int, got x$"),
        (["--seconds", "long"], "--seconds must be float, got long$"),
        (["--seconds", "0"], "^seconds must be a finite number > 0, got 0.0"),
        (["--split", "test"], "--split must be 'train' or 'val', got test$"),
        (["--span", "1"], "--span takes 2 values, got '1'"),
        (["--count"], "--count takes 1 value, got none"),
        (["--pinned"], "--pinned takes NAME=VALUE, got none"),
        (["--pinned", "a"], "--pinned takes NAME=VALUE, got 'a'"),
        (["--pinned", "a=b"], "--pinned must be float, got b$"),
        (["--pinned", "=1"], "--pinned takes NAME=VALUE, got '=1'"),
        (["--loud=yes"], "--loud takes no value, got 'yes'"),
        (["--count", "1", "--count=2"], "--count is given twice, '1' and '2'"),
        (["--span", "1", "2", "--span", "3", "4"], "--span is given twice, "),
        (["--pinned", "a=1", "a=2"], "--pinned a is given twice, '1' and '2'"),
        (["--pinned", "a=1", "--pinned=a=2"], "--pinned a is given twice, '1' and '2'"),
        (["--out", ""], "--out takes 1 value, got ''"),
        (["--count="], "--count takes 1 value, got ''"),
        (["--seed", "1", " "], "--seed takes 1 value, got '1' ' '"),
        (["--seconds", "-inf"], "--seconds must be float, got -inf"),
        (["--seconds", "-.5"], "^seconds must be a finite number > 0, got -0.5"),
    ],
)
def test_a_wrong_word_is_refused_with_its_rule(words, message):
    with pytest.raises(ValueError, match=message) as error:
        play(*words)
    assert "\n" not in str(error.value)


def test_a_field_without_a_default_must_be_given():
    with pytest.raises(ValueError, match="the following arguments are required: --space"):
        parse(Change, "synth change", [])


def test_a_mapping_beside_a_recipe_says_what_of_it_was_typed():
    @dataclass(frozen=True)
    class Both:
        """Play.

        Args:
            recipe: Synth that plays.
        """

        recipe: SynthRecipe = field(default_factory=SynthRecipe)
        changes: Mapping[str, Any] = field(default_factory=dict)

    typed = parse(Both, "synth both", ["--sample_rate", "44100", "--seconds", "2"])
    assert typed.recipe == SynthRecipe(buffer_size_seconds=2)
    assert typed.changes == {"sample_rate": 44100, "buffer_size_seconds": 2}
    assert parse(Both, "synth both", []).changes == {}


def test_the_help_is_made_of_the_docstrings(capsys):
    with pytest.raises(SystemExit, match="0"):
        play("--help")
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.startswith("usage: synth play [NOTE ...] [options] Play notes 100 % in tune. Of")
    for line in (
        "NOTE Notes to play.",
        "--out OUT Folder of the files. (default: played)",
        "--split {train,val} Split of the notes. (default: train)",
        "--count COUNT Number of notes, 1 % at least. --loud",
        "--seed SEED [SEED ...] Seeds of the notes, one run each. (default: 0 1)",
        "--span START STOP Range of notes.",
        "synth: Synth that plays.",
        "--seconds SECONDS Length of a sound in seconds. (default: 4.0)",
        '--backend BACKEND Renderer, "auto" or one of the synth\'s',
        "as in keyboard.midi_f0=60; may be repeated.",
    ):
        assert line in printed
    assert "buffer_size_seconds" not in printed


def test_a_field_that_the_docstring_leaves_out_is_read_and_not_in_the_help(capsys):
    assert play("--secret", "x").secret == "x"
    with pytest.raises(SystemExit, match="0"):
        play("--help")
    assert "secret" not in capsys.readouterr().out


def test_changes_and_required_options_have_no_default_in_the_help(capsys):
    with pytest.raises(SystemExit, match="0"):
        parse(Change, "synth change", ["--help"])
    printed = capsys.readouterr().out
    assert "--sample_rate" in printed
    assert "default:" not in printed
    assert "--rest" not in printed


def test_every_option_of_a_recipe_is_described():
    assert described(SynthRecipe).keys() == set(SynthRecipe.__dataclass_fields__)


def test_the_nearest_word_is_named():
    assert no_such("command", "rendr", ["fit", "render"]).endswith("the nearest is render")
