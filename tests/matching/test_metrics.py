import pytest
import torch

from synth_datamodule.matching.metrics import ParameterErrors, error_rows


def test_uneven_batches_weigh_by_their_sounds():
    guess, parameters = torch.rand(7, 3), torch.rand(7, 3)
    whole, parts = ParameterErrors(3), ParameterErrors(3)
    whole.update(guess, parameters)
    for piece in (slice(0, 5), slice(5, 7)):
        parts.update(guess[piece], parameters[piece])
    errors, middle = whole.compute()
    torch.testing.assert_close(errors, (guess - parameters).abs().mean(0))
    torch.testing.assert_close(middle, (parameters - 0.5).abs().mean(0))
    for one, other in zip(whole.compute(), parts.compute(), strict=True):
        torch.testing.assert_close(one, other)


def test_guessing_the_middle_is_no_better_than_the_middle():
    errors = ParameterErrors(2)
    errors.update(torch.full((4, 2), 0.5), torch.rand(4, 2))
    assert not any(row.beats_middle for row in error_rows(["vco.a", "vco.b"], *errors.compute()))


def test_there_is_a_row_for_the_pitch_for_each_module_and_for_all():
    names = ["keyboard.midi_f0", "keyboard.duration", "vco_1.tuning"]
    rows = error_rows(names, torch.tensor([0.1, 0.3, 0.5]), torch.tensor([0.25, 0.25, 0.25]))
    assert [row.name for row in rows] == ["keyboard.midi_f0", "keyboard", "vco_1", "all"]
    assert [row.error for row in rows] == pytest.approx([0.1, 0.2, 0.5, 0.3])
    assert [row.beats_middle for row in rows] == [True, True, False, False]


def test_guesses_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"guess must be .*sizes \[2, 3\], got shape \[1, 3\]"):
        ParameterErrors(3).update(torch.zeros(1, 3), torch.zeros(2, 3))
