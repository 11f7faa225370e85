"""Invariants: the same for one orbit, and what the patch makes its signals from."""

import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.patching.patch import PatchValues
from synth_datamodule.symmetry import UNITS, Invariants
from synth_datamodule.symmetry.voice_columns import ENVELOPES

CONFIG = SynthConfig(sample_rate=8000, buffer_size_seconds=1.0, control_rate=400)
NUMBERS = torch.arange(96)


@pytest.fixture(scope="module", params=["default", "drum"])
def voice(request):
    return Voice(CONFIG, request.param)


def test_each_field_has_a_unit():
    assert tuple(UNITS) == Invariants._fields


def test_they_are_the_same_for_all_parameters_of_a_sound(voice):
    drawn, generator = voice.draw(NUMBERS).double(), torch.Generator().manual_seed(1)
    moved = drawn
    for symmetry in voice.symmetries:
        moved = symmetry.moved(moved, generator)
    assert (moved != drawn).any(1).all()
    pairs = zip(voice.invariants(drawn), voice.invariants(moved), strict=True)
    for name, (one, two) in zip(Invariants._fields, pairs, strict=True):
        assert one.dtype == torch.float64
        # Pitches are up to 151 semitones, bends 96, all others a few units.
        assert (one - two).abs().max() <= 1e-9, name


def test_the_signals_of_the_patch_are_made_from_them(voice):
    canonical = voice.canonical(voice.draw(NUMBERS))
    found = voice.invariants(canonical)
    signals = voice.signals(canonical, NUMBERS % 32)
    sources = torch.stack(
        [signals[n] for n in ("adsr_1", "adsr_2", "control_vca.lfo_1", "control_vca.lfo_2")], 1
    ).double()
    values = voice.parameter_table.to_physical(canonical)
    p = PatchValues(voice.parameter_names, values)
    for channel, name in enumerate(("vco_1", "vco_2", "noise")):
        gain = (found.gains[:, channel, :, None] * sources).sum(1)
        level = p.mixer[name][:, None] * signals[f"mod_matrix.{name}_amp"]
        assert (gain - level).abs().max() <= 1e-6
    for vco, name in enumerate(("vco_1", "vco_2")):
        bend = (found.bends[:, vco, :, None] * sources).sum(1)
        values_of_vco = getattr(p, name)
        depth = values_of_vco["mod_depth"][:, None] * signals[f"mod_matrix.{name}_pitch"]
        assert (bend - depth).abs().max() <= 1e-4
        pitch = p.keyboard["midi_f0"] + values_of_vco["tuning"]
        assert (found.pitches[:, vco] - pitch).abs().max() <= 1e-9
    for place, name in enumerate(ENVELOPES):
        parts = zip(
            ("attack", "decay", "sustain", "release", "alpha"),
            found.envelopes[:, place].unbind(-1),
            strict=True,
        )
        heard = dict(parts)
        envelope = voice.adsr_1(heard, found.duration)
        assert (envelope - signals[name]).abs().max() <= 1e-6
    assert (found.lfo_shares.sum(-1) - 1).abs().max() <= 1e-12
    assert (found.phases.square().sum(-1) - 1).abs().max() <= 1e-12


def test_they_are_differentiable():
    voice = Voice(CONFIG)
    inside = (0.2 + 0.6 * voice.draw(NUMBERS[:1]).double()).requires_grad_()
    assert torch.autograd.gradcheck(lambda u: tuple(voice.invariants(u)), inside, eps=1e-7)


def test_a_voice_with_another_patch_has_none():
    class Louder(Voice):
        def output(self, p, noise_rows):
            return super().output(p, noise_rows)

    louder = Louder(CONFIG)
    for name in ("invariants", "inert", "inert_reasons"):
        with pytest.raises(ValueError, match="tells of the Voice's patch, Louder writes its own"):
            getattr(louder, name)(louder.draw([0]))
