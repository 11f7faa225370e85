"""Argument checks that every room shares: the rule first, then what was given."""

from synth_datamodule.checks.devices import compute_device as compute_device
from synth_datamodule.checks.devices import device as device
from synth_datamodule.checks.devices import rendering_device as rendering_device
from synth_datamodule.checks.tensors import float_tensor as float_tensor
from synth_datamodule.checks.tensors import integer_tensor as integer_tensor
from synth_datamodule.checks.tensors import normalized as normalized
from synth_datamodule.checks.tensors import normalized_number as normalized_number
from synth_datamodule.checks.tensors import normalized_unread as normalized_unread
from synth_datamodule.checks.tensors import per_sound as per_sound
from synth_datamodule.checks.tensors import within as within
from synth_datamodule.checks.values import instance as instance
from synth_datamodule.checks.values import names as names
from synth_datamodule.checks.values import nearest as nearest
from synth_datamodule.checks.values import one_of as one_of
from synth_datamodule.checks.values import plain as plain
from synth_datamodule.checks.values import positive_number as positive_number
from synth_datamodule.checks.values import real_number as real_number
from synth_datamodule.checks.values import shown as shown
from synth_datamodule.checks.values import truth_value as truth_value
from synth_datamodule.checks.values import whole_number as whole_number
