"""Attributes of torchsynth that are gone, and the line that does each of them now."""

from typing import TYPE_CHECKING

_PINNED = "pinned={'keyboard.midi_f0': 60.0} of the synth or the data module"
_SOUNDS = "synth_datamodule.SynthDataModule with any LightningModule of yours"
_CURVES = "parameter_table.ranges, whose fields are curve and symmetric"
_NEBULA = "nebula=, of entries, a file or a name"
_VALUES = "forward(values, ...), whose values are given at each call"
SUCCESSORS = {
    # of synths
    "set_parameters": "render(parameter_table.replace(parameters, {'keyboard.midi_f0': 60.0}))",
    "get_parameters": "parameter_table.ranges, or parameter_table.free for what is not pinned",
    "freeze_parameters": _PINNED,
    "unfreeze_all_parameters": _PINNED,
    "randomize": "draw(numbers), the parameters of sounds by number",
    "hyperparameters": _CURVES,
    "set_hyperparameter": _NEBULA,
    "save_hyperparameters": _NEBULA,
    "load_hyperparameters": _NEBULA,
    "add_synth_modules": "part(...) in the body of the class",
    "control_upsample": "upsample",
    "test_step": _SOUNDS,
    "on_post_move_to_device": "to(device), which moves all there is",
    "trainer": _SOUNDS,
    # of modules
    "set_parameter": _VALUES,
    "set_parameter_0to1": _VALUES,
    "get_parameter_0to1": _VALUES,
    "p": _VALUES,
    "torchparameters": _VALUES,
    "add_parameters": "parameter_ranges, a tuple in the class",
    "default_parameter_ranges": "parameter_ranges",
    "nyquist": "sample_rate / 2",
    "seconds_to_samples": "seconds * sample_rate",
    "to_buffer_size": "torchsynth.fix_length(signal, buffer_size)",
    "ramp": "adsr_envelope, the whole of it",
    "make_attack": "adsr_envelope, the whole of it",
    "make_decay": "adsr_envelope, the whole of it",
    "make_release": "adsr_envelope, the whole of it",
    "make_control_as_frequency": "forward, written anew with modulated_pitch",
    "make_argument": "forward, written anew with oscillator_cycles",
    "oscillator": "forward, written anew",
    "partials_constant": "num_partials",
    "make_lfo_shapes": "lfo_shapes",
    "make_control": "forward, written anew with lfo_signal",
}
"""What is written now, by the attribute's name in torchsynth."""


class Successors:
    """Lets the AttributeError of a torchsynth attribute say what does it now; before nn.Module."""

    if not TYPE_CHECKING:  # which knows the attributes that there are

        def __getattr__(self, name: str) -> object:
            try:
                return super().__getattr__(name)
            except AttributeError as error:
                if name not in SUCCESSORS:
                    raise
                raise AttributeError(
                    f"{error}; torchsynth's {name} is {SUCCESSORS[name]} here, and itself in the "
                    "same class of synth_datamodule.torchsynth"
                ) from None
