"""The map is the house: rooms in the layer test's order, files that are there."""

import re
import runpy
from pathlib import Path

import pytest

import synth_datamodule

ROOT = Path(__file__).parents[1]
PACKAGE = Path(synth_datamodule.__file__).parent
FROM_THE_TOP = runpy.run_path(str(Path(__file__).with_name("test_layers.py")))["ROOMS"][::-1]
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
MAPS = ["ARCHITECTURE.md", "CONTRIBUTING.md", "STABILITY.md"]


def section(title):
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", ARCHITECTURE, re.DOTALL | re.MULTILINE)[1]


def test_the_maps_rooms_are_the_layer_tests_from_the_top_down():
    assert re.findall(r"^- `(\w+)`: \S", section("Rooms"), re.MULTILINE) == FROM_THE_TOP


def test_the_packages_docstring_has_the_same_rooms():
    assert re.findall(r"^- (\w+): \S", synth_datamodule.__doc__, re.MULTILINE) == FROM_THE_TOP


@pytest.mark.parametrize("room", FROM_THE_TOP)
def test_a_room_is_a_folder_or_a_file_of_the_package(room):
    assert (PACKAGE / room / "__init__.py").is_file() != (PACKAGE / f"{room}.py").is_file()


@pytest.mark.parametrize("name", MAPS)
def test_a_file_that_a_map_names_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.findall(r"`([\w.]+(?:/[\w.]+)+|(?!test_)\w+\.(?:py|json|md|cfg|cff))`", text)
    missing = [path for path in named if not any((top / path).exists() for top in (PACKAGE, ROOT))]
    assert named
    assert missing == []


def test_every_word_is_explained_once():
    words = re.findall(r"^\| ([^|]+?) \| ", section("Words"), re.MULTILINE)[1:]
    one_by_one = [word for entry in words for word in entry.split(", ") if word.strip("-")]
    assert len(one_by_one) > 20
    assert len(set(one_by_one)) == len(one_by_one)
