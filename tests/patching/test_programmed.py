"""A synth rendered by its program: chosen by itself, forced, refused, and told why not."""

import pickle

import pytest
import torch

from synth_datamodule import AbstractSynth, SynthConfig, Voice, part
from synth_datamodule.modules import SineVCO, SynthModule
from synth_datamodule.synths import FilteredVoice, FmVoice, OneOscillator

SIZES = {"sample_rate": 8000, "buffer_size_seconds": 0.25, "control_rate": 200}
CONFIG = SynthConfig(**SIZES)
WITH_GRAD = SynthConfig(**SIZES, no_grad=False)


class Doubled(OneOscillator):
    """Follows a factor that is set when it was made."""

    factor = 0.25

    def output(self, p, noise_rows):
        return self.factor * super().output(p, noise_rows)


class Reversed(OneOscillator):
    def output(self, p, noise_rows):
        return super().output(p, noise_rows).flip(-1)


@pytest.mark.parametrize("synth", [OneOscillator, FmVoice, FilteredVoice])
def test_a_program_is_within_a_millionth_of_the_modules(synth):
    made, modules = synth(CONFIG), synth(CONFIG, backend="reference")
    assert (made.backend, made.why_not_fused) == ("program", None)
    audio, defined = (one.render_sounds(range(48)).audio for one in (made, modules))
    assert (audio - defined).abs().max() < 1e-6


def test_the_voice_as_a_program_has_the_fused_renderers_bits():
    program, fused = Voice(CONFIG, backend="program"), Voice(CONFIG)
    assert (program.backend, fused.backend) == ("program", "fused")
    assert torch.equal(program.render_sounds(range(99)).audio, fused.render_sounds(range(99)).audio)
    drum = {"nebula": "drum", "pinned": {"mixer.noise": 0.0}}
    sounds = [Voice(CONFIG, backend=one, **drum).sound(7).audio for one in ("program", "fused")]
    assert torch.equal(*sounds)


def test_with_a_gradient_the_bits_are_the_same_and_it_is_the_modules_own():
    synth, modules = OneOscillator(WITH_GRAD), OneOscillator(WITH_GRAD, backend="reference")
    gradients = []
    for one in (synth, modules):
        u = synth.draw([3, 4]).requires_grad_()
        audio = one.render(u)
        (gradient,) = torch.autograd.grad(audio.square().sum(), u)
        gradients.append(gradient)
    assert torch.equal(synth.render(u.detach()), synth.render(u).detach())
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-4)


class Numbered(OneOscillator):
    def output(self, p, noise_rows):
        kind = torch.full((len(noise_rows),), 3, dtype=torch.int64, device=noise_rows.device)
        return super().output(p, noise_rows), {"kind": kind, "half": kind * 0.5}


def test_whole_numbers_that_a_patch_returns_stay_whole_numbers():
    made, modules = Numbered(CONFIG), Numbered(CONFIG, backend="reference")
    assert made.backend == "program"
    audio, defined = (one.render_sounds([5, 36]).audio for one in (made, modules))
    assert audio["kind"].dtype == defined["kind"].dtype == torch.int64
    assert audio["kind"].tolist() == defined["kind"].tolist() == [3, 3]
    assert audio["half"].tolist() == [1.5, 1.5]


def test_a_patch_without_a_program_is_rendered_by_its_modules_and_says_why():
    synth = Reversed(CONFIG)
    assert synth.backend == "reference"
    assert synth.why_not_fused == "output() calls torch's flip"
    with pytest.raises(ValueError, match=r"Reversed has no program: output\(\) calls torch's flip"):
        _ = synth.program
    words = r"backend must be 'auto' or 'reference' for Reversed, which has no program: output\(\)"
    with pytest.raises(ValueError, match=words):
        Reversed(CONFIG, backend="program")
    asked = OneOscillator(CONFIG, backend="reference")
    assert asked.why_not_fused == "it was made with backend='reference'"


def test_a_part_without_a_formula_is_named():
    class Last(SynthModule):
        def forward(self, audio):
            return audio.flip(-1)

    class Bent(OneOscillator):
        last = part(Last)

        def output(self, p, noise_rows):
            return self.last(super().output(p, noise_rows))

    assert Bent(CONFIG).why_not_fused == (
        "last is of class Last, which has no exact() beside its forward(): it calls torch's flip"
    )


def test_a_changed_attribute_is_heard():
    synth = Doubled(CONFIG)
    quiet = synth.sound(5).audio
    synth.factor = 0.5
    assert synth.backend == "program"
    assert torch.equal(synth.sound(5).audio, 2 * quiet)


def test_a_replaced_part_is_heard_and_one_without_a_formula_is_refused():
    class Tone(AbstractSynth):
        vco = part(SineVCO)

        def output(self, p, noise_rows):
            return self.vco(p.vco, 60.0 + 0 * p.vco["tuning"])

    class Silent(SineVCO):
        def forward(self, values, midi_f0, mod=None):
            return torch.tanh(super().forward(values, midi_f0, mod))

    synth = Tone(CONFIG)
    before = synth.sound(5).audio
    synth.vco = SineVCO(CONFIG)
    assert torch.equal(synth.sound(5).audio, before)
    synth.vco = Silent(CONFIG)
    with pytest.raises(ValueError, match="Tone has no program any more: vco is of class Silent"):
        synth.sound(5)


def test_a_hook_on_a_part_is_refused():
    synth = OneOscillator(CONFIG)
    handle = synth.vco.register_forward_hook(print)
    with pytest.raises(ValueError, match="vco has a forward hook, and the program of a patch"):
        synth.sound(1)
    handle.remove()
    assert synth.sound(1).audio.shape == (2000,)


def test_a_copy_and_a_pickle_render_the_same():
    synth = FmVoice(CONFIG)
    sounds = synth.render_sounds([1, 9]).audio
    again = pickle.loads(pickle.dumps(synth))
    assert again.backend == "program"
    assert torch.equal(again.render_sounds([1, 9]).audio, sounds)
    synth.free()
    assert torch.equal(synth.render_sounds([9, 1]).audio, sounds.flip(0))


def test_equal_patches_have_equal_programs_whatever_they_are_called():
    class Other(OneOscillator):
        """A class of another name."""

    one, other = OneOscillator(CONFIG), Other(SynthConfig(buffer_size_seconds=0.5))
    assert one.program == other.program
    assert one.program.digest == other.program.digest
    assert one.program != FmVoice(CONFIG).program
    assert str(one.program).splitlines()[-1] == "audio    mixer"


def test_a_value_that_the_patch_computes_is_checked_as_the_module_checks_it():
    class Detuned(OneOscillator):
        def output(self, p, noise_rows):
            p.vco["tuning"] = p.vco["tuning"] + 30
            return super().output(p, noise_rows)

    synth = Detuned(CONFIG)
    assert synth.backend == "program"
    with pytest.raises(ValueError, match=r"tuning of SquareSawVCO must lie in \[-24, 24\], got"):
        synth.render_sounds(range(32))


def test_a_buffer_too_long_for_the_phases_format_is_left_to_the_modules():
    long = SynthConfig(sample_rate=44100, buffer_size_seconds=400.0)
    assert OneOscillator(long).backend == "reference"
    assert "buffer_size_seconds must be at most" in OneOscillator(long).why_not_fused
