"""What a run goes on with: settings of before, and settings that were not there then."""

import pytest

from synth_datamodule import Split, SynthConfig, Voice
from synth_datamodule.loading import SoundLoader, SoundSet
from synth_datamodule.loading.order import check_order

SHORT = SynthConfig(sample_rate=8000, buffer_size_seconds=0.05, control_rate=200)
NOTE = "keyboard.midi_f0"


def order_of(**settings):
    return SoundLoader(SoundSet(Split.train, 8), Voice(SHORT, **settings), 4).order


@pytest.mark.parametrize("changed", [{"ranges": {NOTE: (48, 72)}}, {"values": {NOTE: [48]}}])
def test_a_checkpoint_that_does_not_name_a_setting_is_of_its_default(changed):
    (setting,) = changed
    before = order_of()
    del before[setting]
    check_order(before, order_of())
    with pytest.raises(ValueError, match=f"{setting} was {{}} in the checkpoint and is"):
        check_order(before, order_of(**changed))


def test_an_order_holds_plain_values():
    order = order_of(ranges={NOTE: (48, 72)}, values={NOTE: range(48, 50)})
    assert order["ranges"] == {NOTE: [48.0, 72.0]}
    assert order["values"] == {NOTE: [48.0, 49.0]}
    assert type(order["ranges"]) is type(order["values"]) is dict
