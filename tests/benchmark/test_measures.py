import hashlib

import pytest
import torch

from synth_datamodule import SynthDataModule
from synth_datamodule.benchmark.measures import HeardMetrics, measure, measure_heard
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.matching.spectral import SpectralDistance

CPU = torch.device("cpu")
SHORT = {"sample_rate": 16000, "buffer_size_seconds": 0.5, "control_rate": 400}


@pytest.fixture
def data():
    return SynthDataModule(test_sounds=11, batch_size=4, **SHORT)


def targets(data):
    data.setup()
    return data.voice.render_sounds(data.sounds("test").numbers(0, 0, 11))


def test_a_guess_that_is_right_in_everything_has_no_error_anywhere(data):
    metrics, per_sound, _ = measure(targets(data).parameters, data, CPU)
    for values in per_sound.values():
        assert torch.equal(values, torch.zeros(11, dtype=torch.float64))
    assert metrics.pitch_within_quarter_tone == 1
    assert set(metrics.parameter_error_of.values()) == {0.0}
    assert metrics.parameter_error == metrics.log_mel == metrics.stft == metrics.pitch_error == 0


def test_the_metrics_are_those_computed_one_sound_at_a_time(data):
    batch = targets(data)
    guess = torch.rand(11, 78)
    metrics, per_sound, digest = measure(guess, data, CPU)
    names, table = data.parameter_names, data.parameter_table
    distance = SpectralDistance(16000)
    for place in range(11):
        true, guessed = batch.parameters[place].tolist(), guess[place].tolist()
        errors = [abs(one - other) for one, other in zip(true, guessed, strict=True)]
        assert per_sound["parameter_error"][place] == pytest.approx(sum(errors) / 78, rel=1e-9)
        midi = [
            table.to_dict(table.to_physical(u[place]))["keyboard.midi_f0"]
            for u in (batch.parameters, guess)
        ]
        assert per_sound["pitch_error"][place] == pytest.approx(abs(midi[0] - midi[1]), abs=1e-9)
        one = slice(place, place + 1)
        audio = data.voice.render(guess[one], noise_rows(batch.index[one]))
        for name, value in distance(audio, batch.audio[one])._asdict().items():
            torch.testing.assert_close(per_sound[name][one].float(), value)
    for name, values in per_sound.items():
        assert getattr(metrics, name) == pytest.approx(values.mean().item(), rel=1e-12)
        assert metrics.medians[name] == values.sort().values[5]
    for module in ("keyboard", "lfo_1", "mixer"):
        columns = [place for place, name in enumerate(names) if name.split(".")[0] == module]
        error = (guess - batch.parameters).double().abs()[:, columns].mean().item()
        assert metrics.parameter_error_of[module] == pytest.approx(error, rel=1e-6)
    assert metrics.stft == metrics.spectral_convergence + metrics.log_magnitude
    assert digest == hashlib.sha256(guess.numpy().tobytes()).hexdigest()


def test_a_quarter_tone_is_half_a_semitone(data):
    guess = targets(data).parameters.clone()
    column = data.parameter_names.index("keyboard.midi_f0")
    semitone = 1 / 127
    # away from the nearer end of the range
    sign = torch.where(guess[:, column] > 0.5, -1.0, 1.0)
    guess[:7, column] += (0.49 * semitone * sign)[:7]
    guess[7:, column] += (0.51 * semitone * sign)[7:]
    metrics, per_sound, _ = measure(guess, data, CPU)
    assert metrics.pitch_within_quarter_tone == 7 / 11
    assert per_sound["pitch_error"].tolist() == pytest.approx([0.49] * 7 + [0.51] * 4, abs=1e-4)


def test_only_the_guess_changes_a_measure(data):
    guess = torch.rand(11, 78)
    parts = []
    measure(guess, data, CPU, parts.append)
    assert sum(parts) == 11
    assert measure(guess, data, CPU)[0] == measure(guess.double(), data, CPU)[0]
    other = SynthDataModule(test_sounds=11, batch_size=1, seed=5, **SHORT)
    assert measure(guess, data, CPU)[0] == measure(guess, other, CPU)[0]


@pytest.mark.parametrize(
    ("guess", "message"),
    [
        (torch.rand(10, 78), r"guesses must be .* got shape \[10, 78\]"),
        (torch.full((11, 78), 1.5), r"guesses must lie in \[0, 1\], got 1.5"),
        (torch.full((11, 78), torch.nan), r"guesses must lie in \[0, 1\], got nan"),
    ],
    ids=["too few", "out of range", "nan"],
)
def test_guesses_that_are_none_are_refused(data, guess, message):
    with pytest.raises(ValueError, match=message):
        measure(guess, data, CPU)


@pytest.mark.gpu
def test_a_gpu_measures_as_a_cpu_does(data):
    guess = torch.rand(11, 78)
    (one, of_one, _), (other, of_other, _) = (
        measure(guess, data, torch.device(name)) for name in ("cpu", "cuda")
    )
    assert one.parameter_error == other.parameter_error
    assert one.parameter_error_of == other.parameter_error_of
    assert one.pitch_error == other.pitch_error
    torch.testing.assert_close(of_one, of_other, rtol=1e-4, atol=1e-4)


def test_version_2_measures_what_version_1_does_and_more(data):
    guess = torch.rand(11, 78)
    first, first_per_sound, digest = measure(guess, data, CPU)
    metrics, per_sound, same = measure_heard(guess, data, CPU)
    assert isinstance(metrics, HeardMetrics)
    assert same == digest
    for name, values in first_per_sound.items():
        torch.testing.assert_close(per_sound[name], values, rtol=1e-6, atol=1e-9)
        assert getattr(metrics, name) == pytest.approx(getattr(first, name), rel=1e-6)
    assert {*metrics.medians} == {*per_sound}
    within = (per_sound["heard_pitch_error"] <= 0.5).double()
    still = per_sound["still"] == 1
    assert metrics.heard_pitch_within == within.mean()
    assert metrics.heard_pitch_within_still == (within[still].mean() if still.any() else 0)
    for name, (low, high) in metrics.intervals.items():
        assert low <= getattr(metrics, name) <= high


def test_what_sounds_the_same_has_no_error_but_of_its_parameters(data):
    batch = targets(data)
    guess = batch.parameters.double()
    for symmetry in data.voice.symmetries:
        guess = symmetry.moved(guess, torch.Generator().manual_seed(0))
    metrics, per_sound, _ = measure_heard(guess, data, CPU)
    assert metrics.parameter_error > 0.05
    assert metrics.canonical_error < 1e-3  # guesses are float32
    assert metrics.heard_pitch_within == 1
    for name in ("gain_error", "end_error", "heard_parameter_error"):
        assert getattr(metrics, name) < 5e-3
    right, per_sound, _ = measure_heard(batch.parameters, data, CPU)
    for name, values in per_sound.items():
        if name not in ("rms", "still"):
            assert not values.any()
    assert right.rms == pytest.approx(1)


def test_the_trains_medians_are_told_whatever_is_guessed(data):
    one, other = (measure_heard(torch.full((11, 78), u), data, CPU)[0] for u in (0.2, 0.7))
    assert one.of_median == other.of_median
    assert 0.2 < one.of_median["parameter_error"] < 0.3
