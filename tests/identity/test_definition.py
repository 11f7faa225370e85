import numpy as np
import pytest

from synth_datamodule import Split
from synth_datamodule.identity import SplitDefinition
from synth_datamodule.loading import SoundSet


@pytest.mark.parametrize(
    ("sounds", "rule"),
    [
        (
            SoundSet(Split.val, 7),
            "the first 7 sounds, ascending, of the blocks k with k mod 10 = 8",
        ),
        (
            SoundSet(Split.train, 7),
            "the first 7 sounds, ascending, of the blocks k with k mod 10 <",
        ),
        (SoundSet(Split.predict, 7, 3), "the sounds 3 to 9"),
    ],
)
def test_the_rule_is_said_in_words(sounds, rule):
    assert SplitDefinition.of("synth1M1", sounds).rule.startswith(rule)


def test_a_sample_is_stated():
    whole = SplitDefinition.of("synth1M1", SoundSet(Split.train, 10_240))
    large = SplitDefinition.of("synth1B1", SoundSet(Split.train, 1_000_000))
    assert (whole.num_checked, whole.checked_rule) == (10_240, "all")
    assert large.num_checked < 10_241
    assert large.checked_rule == f"{large.num_checked} of 1000000: 10 blocks, evenly spaced"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"corpus": "synth2B2"}, "corpus must be one of"),
        (
            {"corpus": "synth1K1", "split": "train", "num_sounds": 1001},
            "train must have at most 1000 sounds, all that synth1K1 holds",
        ),
        ({"num_sounds": 0}, "test_sounds must be a whole number >= 1"),
        ({"split": "tset"}, "split must be one of"),
        ({"start": 1}, "start must be a whole number >= 0 and <= 0"),
        ({"checked": ()}, "checked must be one block of sounds or more"),
        ({"checked": ((9216, 9216),)}, "got 9216 to 9215"),
        ({"checked": ((9216, 9218), (9216, 9218))}, "got 9216 to 9217 after 9217"),
        ({"checked": ((0, 4),)}, "checked must be sounds of test up to 20479"),
        ({"checked": ((19456, 20481),)}, "got 19456 to 20480"),
        ({"checked": ((10239, 10241),)}, "got 10239 to 10240"),
        ({"checked": ((29696, 29697),)}, "got 29696 to 29696"),
    ],
)
def test_sounds_that_the_split_has_not_are_refused(split, changed, message):
    entries = {**vars(split), **changed}
    with pytest.raises(ValueError, match=message):
        SplitDefinition(**entries)


def test_numpys_integers_become_pythons(split):
    found = SplitDefinition.of(
        np.int64(10**6), SoundSet(Split.predict, np.int64(20), np.int64(1020))
    )
    assert found.checked == ((1020, 1024), (1024, 1040))
    assert {type(found.corpus), type(found.start), type(found.num_sounds)} == {int}
