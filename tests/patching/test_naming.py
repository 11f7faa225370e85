"""Names that outlive a process."""

import sys
import types

import pytest

from synth_datamodule import SynthModule, Voice
from synth_datamodule.features import LogMel
from synth_datamodule.modules import SineVCO
from synth_datamodule.patching.naming import find, loaded, public_name
from synth_datamodule.reporting import FromFile
from synth_datamodule.synths import FilteredVoice


@pytest.mark.parametrize(
    ("named", "path"),
    [
        (Voice, "synth_datamodule.Voice"),
        (SynthModule, "synth_datamodule.SynthModule"),
        (FilteredVoice, "synth_datamodule.synths.FilteredVoice"),
        (SineVCO, "synth_datamodule.modules.SineVCO"),
        (LogMel, "synth_datamodule.features.LogMel"),
    ],
)
def test_a_class_is_named_by_the_first_package_that_exports_it(named, path):
    assert public_name(named) == path
    assert find(path) is named
    assert loaded(path) is named


def test_another_class_of_the_same_name_is_not_meant():
    class Deeper(Voice):
        pass

    Deeper.__qualname__ = "Voice"
    Deeper.__module__ = "synth_datamodule.voice"
    assert public_name(Deeper) == "synth_datamodule.voice.Voice"


@pytest.mark.parametrize(
    "path", ["nowhere.at_all", "synth_datamodule.nonsense", "plain", "", ".a.B", "os.", "os..path"]
)
def test_a_path_that_leads_nowhere_is_an_error_that_names_it(path):
    with pytest.raises(ValueError, match=f"nothing can be imported from '{path}'"):
        find(path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def (", "SyntaxError: invalid syntax"),
        ("raise RuntimeError('no sound card')", "RuntimeError: no sound card"),
        ("import sys; sys.exit(5)", "SystemExit: 5"),
    ],
)
def test_a_module_that_cannot_be_imported_is_said_to_be_why(text, reason, tmp_path, monkeypatch):
    name = f"module_{abs(hash(text))}"
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=f"from '{name}.Siren': {reason}"):
        find(f"{name}.Siren")


def test_by_a_files_word_nothing_is_imported_but_what_is_shipped(tmp_path, monkeypatch):
    (tmp_path / "stranger.py").write_text("class Siren: pass")
    monkeypatch.syspath_prepend(tmp_path)
    path = FromFile("stranger.Siren")
    with pytest.raises(ValueError, match=r"named by a file.* \(synth=, --synth\)$"):
        find(path)
    assert "stranger" not in sys.modules
    typed = find(str(path))
    assert find(path) is typed
    del sys.modules["stranger"]
    assert find(FromFile("synth_datamodule.synths.FilteredVoice")) is FilteredVoice


def test_a_module_is_not_asked_for_a_name_that_it_lacks(monkeypatch):
    module = types.ModuleType("lazy")
    module.__getattr__ = lambda name: pytest.fail("it would import more")
    monkeypatch.setitem(sys.modules, "lazy", module)
    assert loaded("lazy.Siren") is None


def test_what_is_loaded_is_found_without_an_import():
    assert "synth_datamodule.sweeps.nothing" not in sys.modules
    assert loaded("synth_datamodule.sweeps.nothing.at_all") is None
