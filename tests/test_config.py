"""The constants, SynthConfig and the check of torch.rand."""

import copy
import dataclasses
import math
import pickle

import numpy as np
import pytest
import torch

import synth_datamodule
from synth_datamodule.config import SynthConfig, check_for_reproducibility

MOST = 2**31 - 1


@pytest.fixture
def unchecked():
    """Forget that torch.rand was found good, before and after."""
    check_for_reproducibility.cache_clear()
    yield
    check_for_reproducibility.cache_clear()


def test_the_constants_are_torchsynths():
    assert synth_datamodule.DEFAULT_BATCH_SIZE == 128
    assert synth_datamodule.BASE_REPRODUCIBLE_BATCH_SIZE == 32
    assert synth_datamodule.N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY == 1024


def test_fields_have_their_names_order_and_defaults(monkeypatch):
    monkeypatch.delenv("TORCHSYNTH_DEBUG", raising=False)
    config = SynthConfig()
    assert [(field.name, getattr(config, field.name)) for field in dataclasses.fields(config)] == [
        ("batch_size", 128),
        ("sample_rate", 44100),
        ("buffer_size_seconds", 4.0),
        ("control_rate", 441),
        ("reproducible", True),
        ("no_grad", True),
        ("debug", False),
        ("eps", 1e-6),
    ]


def test_fields_can_be_given_by_position():
    given = (64, 16000, 2.0, 400, False, False, True, 1e-5)
    assert dataclasses.astuple(SynthConfig(*given)) == given


@pytest.mark.parametrize("value", ["1", ""], ids=["set", "set-but-empty"])
def test_debug_is_on_where_the_environment_variable_is_set(monkeypatch, value):
    monkeypatch.setenv("TORCHSYNTH_DEBUG", value)
    assert SynthConfig().debug is True
    assert SynthConfig(debug=False).debug is False


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(SynthConfig)])
def test_a_field_cannot_be_changed(name):
    config = SynthConfig()
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot assign to field '{name}'"):
        setattr(config, name, getattr(config, name))


@pytest.mark.parametrize(
    "config",
    [
        SynthConfig(),
        SynthConfig(64, 16000, 2.0, 400, reproducible=False, no_grad=False, debug=True, eps=1e-5),
    ],
    ids=["defaults", "all-other"],
)
def test_a_config_survives_repr_pickle_copy_and_replace(config):
    assert eval(repr(config)) == config
    assert pickle.loads(pickle.dumps(config)) == config
    assert copy.deepcopy(config) == config
    assert dataclasses.replace(config) == config


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (SynthConfig(buffer_size_seconds=4), SynthConfig(buffer_size_seconds=4.0)),
        (SynthConfig(batch_size=np.int64(64)), SynthConfig(batch_size=64)),
        (SynthConfig(eps=np.float64(1e-5)), SynthConfig(eps=1e-5)),
    ],
    ids=["int-seconds", "numpy-int", "numpy-float"],
)
def test_equal_values_make_equal_configs(one, other):
    assert one == other
    assert hash(one) == hash(other)
    assert repr(one) == repr(other)


@pytest.mark.parametrize(
    "other",
    [
        {"batch_size": 64},
        {"sample_rate": 48000},
        {"buffer_size_seconds": 3.0},
        {"control_rate": 440},
        {"reproducible": False},
        {"no_grad": False},
        {"debug": True},
        {"eps": 1e-5},
    ],
    ids=lambda other: next(iter(other)),
)
def test_configs_differ_where_a_field_does(other):
    config = SynthConfig(debug=False)
    assert dataclasses.replace(config, **other) != config


ERRORS = [
    ({"batch_size": 0}, ValueError, rf"batch_size .* >= 1 and <= {MOST}, got 0$"),
    ({"batch_size": -32}, ValueError, rf"batch_size .* >= 1 and <= {MOST}, got -32$"),
    ({"batch_size": True}, TypeError, r"batch_size .* whole number .*, got True \(bool\)"),
    ({"batch_size": 32.0}, TypeError, r"batch_size .* whole number .*, got 32\.0 \(float\)"),
    ({"batch_size": "32"}, TypeError, r"batch_size .* whole number .*, got '32' \(str\)"),
    ({"batch_size": None}, TypeError, r"batch_size .* whole number .*, got None \(NoneType\)"),
    ({"batch_size": torch.tensor(32)}, TypeError, r"batch_size .*, got tensor\(32\)"),
    ({"sample_rate": 0}, ValueError, rf"sample_rate .* >= 1 and <= {MOST}, got 0$"),
    ({"sample_rate": 2**31}, ValueError, rf"sample_rate .* <= {MOST}, got {2**31}$"),
    ({"sample_rate": 44100.0}, TypeError, r"sample_rate .* whole number .*, got 44100\.0"),
    ({"control_rate": 0}, ValueError, rf"control_rate .* >= 1 and <= {MOST}, got 0$"),
    ({"control_rate": -1}, ValueError, rf"control_rate .* >= 1 and <= {MOST}, got -1$"),
    ({"control_rate": 441.0}, TypeError, r"control_rate .* whole number .*, got 441\.0"),
    ({"control_rate": 44101}, ValueError, r"control_rate .* sample_rate \(44100\), got 44101"),
    ({"buffer_size_seconds": 0}, ValueError, r"buffer_size_seconds .* finite .* > 0, got 0"),
    ({"buffer_size_seconds": -4.0}, ValueError, r"buffer_size_seconds .* > 0, got -4\.0"),
    ({"buffer_size_seconds": math.nan}, ValueError, r"buffer_size_seconds .* finite .* nan"),
    ({"buffer_size_seconds": math.inf}, ValueError, r"buffer_size_seconds .* finite .* inf"),
    ({"buffer_size_seconds": "4"}, TypeError, r"buffer_size_seconds .* number, got '4' \(str"),
    ({"buffer_size_seconds": True}, TypeError, r"buffer_size_seconds .* number, got True"),
    ({"buffer_size_seconds": None}, TypeError, r"buffer_size_seconds .* number, got None"),
    (
        {"buffer_size_seconds": 1e6},
        ValueError,
        rf"buffer_size_seconds .* at most {MOST} audio samples, got 1000000\.0 s at 44100 Hz",
    ),
    (
        {"buffer_size_seconds": 2.0**31, "sample_rate": 1, "control_rate": 1},
        ValueError,
        rf"buffer_size_seconds .* at most {MOST} audio samples, got 2147483648\.0 s at 1 Hz",
    ),
    (
        {"buffer_size_seconds": 0.003},
        ValueError,
        r"buffer_size_seconds .* at least 2 audio and 2 control samples, got 0\.003 s: "
        r"132 at 44100 Hz, 1 at 441 Hz",
    ),
    (
        {"buffer_size_seconds": 1e-9},
        ValueError,
        r"at least 2 audio and 2 control samples, got 1e-09 s: 0 at 44100 Hz, 0 at 441 Hz",
    ),
    ({"eps": 0.0}, ValueError, r"eps .* > 0, got 0\.0"),
    ({"eps": -1e-6}, ValueError, r"eps .* > 0, got -1e-06"),
    ({"eps": math.nan}, ValueError, r"eps .* finite number, got nan"),
    ({"eps": 1}, ValueError, r"eps must be below 1 control sample, got 1\.0"),
    ({"eps": "small"}, TypeError, r"eps .* finite number, got 'small' \(str\)"),
    ({"reproducible": 1}, TypeError, r"reproducible must be True or False, got 1 \(int\)"),
    ({"no_grad": None}, TypeError, r"no_grad must be True or False, got None"),
    ({"debug": "yes"}, TypeError, r"debug must be True or False, got 'yes' \(str\)"),
]


@pytest.mark.parametrize(
    ("given", "error", "message"), ERRORS, ids=[repr(case[0]) for case in ERRORS]
)
def test_an_error_names_field_value_and_rule(given, error, message):
    with pytest.raises(error, match=message):
        SynthConfig(**given)


@pytest.mark.parametrize(
    ("given", "sizes"),
    [
        ({"control_rate": 44100}, (176400, 176400)),
        ({"sample_rate": 1, "control_rate": 1, "buffer_size_seconds": 2}, (2, 2)),
        ({"sample_rate": 1, "control_rate": 1, "buffer_size_seconds": MOST}, (MOST, MOST)),
        ({"eps": math.nextafter(1, 0)}, (176400, 1764)),
    ],
    ids=["control-at-audio-rate", "two-samples", "most-samples", "eps-below-1"],
)
def test_the_bounds_themselves_are_allowed(given, sizes):
    config = SynthConfig(**given)
    assert (config.buffer_size, config.control_buffer_size) == sizes


@pytest.mark.parametrize(
    ("sample_rate", "seconds", "control_rate", "num_samples", "num_control_samples"),
    [
        (44100, 4.0, 441, 176400, 1764),
        (16000, 2.0, 400, 32000, 800),
        (44100, 1.0, 1000, 44100, 1000),  # 44.1 audio samples to one of control
        (48000, 0.33335, 441, 16001, 147),  # 16000.8 and 147.0092
        (44100, 0.1, 375, 4410, 38),  # 37.5, half to even
        (44100, 0.1, 365, 4410, 36),  # 36.5, half to even
        (5, 0.5, 5, 2, 2),  # 2.5, half to even
        (5, 0.7, 4, 4, 3),  # 3.5, half to even
        (10, 0.74, 9, 7, 6),  # 6.3 of the 7 audio samples there are, not 6.66 of 0.74 s
    ],
)
def test_lengths_follow_pythons_round(
    sample_rate, seconds, control_rate, num_samples, num_control_samples
):
    config = SynthConfig(
        sample_rate=sample_rate, buffer_size_seconds=seconds, control_rate=control_rate
    )
    assert config.buffer_size == num_samples
    assert config.control_buffer_size == num_control_samples
    assert type(config.buffer_size) is type(config.control_buffer_size) is int


@pytest.mark.parametrize("device", ["cpu", "meta", torch.device("meta")], ids=str)
def test_to_gives_both_rates_on_the_device_and_leaves_the_config(device):
    config = SynthConfig()
    before = dict(vars(config))
    rates = config.to(device)
    assert rates._fields == ("sample_rate", "control_rate")
    for rate in rates:
        assert rate.device == torch.device(device)
        assert (rate.dtype, rate.shape) == (torch.float32, ())
    assert vars(config) == before


def test_the_rates_on_a_device_are_the_rates():
    rates = SynthConfig(sample_rate=16000, control_rate=400).to("cpu")
    assert rates.sample_rate.item() == 16000.0
    assert rates.control_rate.item() == 400.0


def test_torch_here_draws_synth1b1(golden, unchecked, unchanged_random_state):
    check_for_reproducibility()
    data = golden("synth1b1")
    (row,) = np.flatnonzero(data["indices"] == 0)
    drawn = torch.rand(78, generator=torch.Generator("cpu").manual_seed(0)) * 2**24
    columns = [data["names_draw"].tolist().index(name) for name in data["names_forward"]]
    assert drawn[columns].tolist() == data["u24"][row].tolist()


@pytest.mark.parametrize(
    ("seed", "draw"), [(0, 0), (0, 77), (2**32 - 1, 1)], ids=["first", "last", "other-seed"]
)
def test_other_draws_are_an_environment_error(
    monkeypatch, unchecked, unchanged_random_state, seed, draw
):
    true_rand = torch.rand

    def other_rand(*size, generator, **kwargs):
        drawn = true_rand(*size, generator=generator, **kwargs)
        drawn[draw] += 2**-24 if generator.initial_seed() == seed else 0
        return drawn

    monkeypatch.setattr(torch, "rand", other_rand)
    message = rf"torch.rand of torch .* seed {seed} gave \(.*\) / 2\*\*24, expected \(.*\)"
    with pytest.raises(EnvironmentError, match=message):
        check_for_reproducibility()
    with pytest.raises(EnvironmentError, match=message):
        SynthConfig(reproducible=True)
    assert SynthConfig(reproducible=False).reproducible is False
