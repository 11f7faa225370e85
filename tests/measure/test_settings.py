import pytest

from synth_datamodule.measure.settings import Settings


def test_a_config_holds_the_sounds_that_were_asked_for():
    settings = Settings(batch_sizes=(7,), sample_rate=8000, seconds=0.5, control_rate=80)
    config = settings.config(7)
    assert (config.batch_size, config.buffer_size, config.control_buffer_size) == (7, 4000, 40)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"batch_sizes": ()}, ValueError, "batch_sizes must be one or more whole numbers"),
        ({"batch_sizes": (32, 0)}, ValueError, "batch_size must be a whole number >= 1 .* got 0"),
        ({"backends": ("kazoo",)}, ValueError, "backends must be one of 'fused', .* got 'kazoo'"),
        ({"backends": ()}, ValueError, "backends must be one or more different names"),
        ({"backends": ("fused", "fused")}, ValueError, "one or more different names"),
        ({"backends": ("torchsynth",)}, ValueError, "backends must be one of"),
        ({"torchsynth": 1}, TypeError, "torchsynth must be True or False"),
        ({"rounds": 0}, ValueError, "rounds must be a whole number >= 1, got 0"),
        ({"accuracy_sounds": 0}, ValueError, "accuracy_sounds must be a whole number >= 1"),
        ({"seconds": -1.0}, ValueError, "buffer_size_seconds must be a finite number > 0"),
        ({"device": "meta"}, ValueError, "device must be 'cpu' or a CUDA device, got 'meta'"),
        ({"device": "cuda:99"}, ValueError, "device must be there, got 'cuda:99' and .* devices"),
    ],
)
def test_what_cannot_be_measured_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        Settings(**given)
