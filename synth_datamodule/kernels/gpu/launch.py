"""The GPU kernels' memory and launches."""

import numpy as np
import numpy.typing as npt
import torch
import triton
from torch import Tensor

from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.kernels.gpu.audio import audio_kernel, normalize_kernel
from synth_datamodule.kernels.gpu.control import control_kernel
from synth_datamodule.kernels.gpu.draws import draw_kernel
from synth_datamodule.kernels.plan import Plan

_LANES = 32  # sounds whose numbers one program draws, side by side
_FRAMES = 2048  # at once: all of a default sound's
SAMPLES = 1024
WINDOW = 256  # tiles whose sums a program reads at once: all of a default sound's
WIDTH = 128  # numbers kept for each sound: its parameters and what follows from them
_SCALED_SAMPLES = 4096
# Contraction of a product and a sum into one rounding would change bits.
EXACT = {"enable_fp_fusion": False}


class GpuVoice:
    """One Voice on one device.

    Beside the audio a sound takes 28 bytes per control sample, about a twentieth; the positions 8
    bytes per audio sample, once.

    Args:
        plan: The Voice's numbers.
        device: Device to render on.
    """

    def __init__(self, plan: Plan, device: torch.device) -> None:
        self.plan = plan
        self.device = device
        self.num_parameters = len(plan.pinned)
        with torch.inference_mode(False):
            self.table = torch.from_numpy(plan.table).to(device)
            self.rates = torch.tensor(plan.rates(), dtype=torch.float64, device=device)
            self.pinned = plan.pinned.to(device)
            self.column_of_draw = plan.column_of_draw.to(device, torch.int32)
            self.lefts, self.remainders = (
                torch.from_numpy(whole_tiles(positions)).to(device)
                for positions in plan.positions()
            )

    def draw(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Return parameters ``[B, P]`` and is_train ``[B]`` of sounds by number, in one launch.

        A number outside [0, 2**32) has parameters, and so a sound, of NaN.
        """
        num_sounds = len(numbers)
        parameters = torch.empty(
            num_sounds, self.num_parameters, dtype=torch.float32, device=self.device
        )
        is_train = torch.empty(num_sounds, dtype=torch.uint8, device=self.device)
        draw_kernel[(-(-num_sounds // _LANES),)](
            numbers.contiguous(),
            self.column_of_draw,
            self.pinned,
            parameters,
            is_train,
            num_sounds,
            NUM_DRAWS=self.num_parameters,
            LANES=_LANES,
            num_warps=1,
            **EXACT,
        )
        return parameters, is_train.view(torch.bool)

    def render(self, parameters: Tensor, rows: Tensor, noise: Tensor) -> Tensor:
        """Return audio ``[B, N]``, in three launches.

        Args:
            parameters: Numbers in [0, 1]; one outside makes its sound NaN. Shape ``[B, P]``.
            rows: Row of the noise table for each sound, int64 in [0, 32); one outside makes its
                sound NaN. Shape ``[B]``.
            noise: The noise table, float32. Shape ``[32, N]``.
        """
        assert noise.shape == (BASE_REPRODUCIBLE_BATCH_SIZE, self.plan.num_samples)
        num_sounds, num_samples = len(parameters), self.plan.num_samples
        rows = rows.contiguous()
        values, pitches, gains, sums, peaks = self.controls(parameters, rows)
        audio = torch.empty(num_sounds, num_samples, dtype=torch.float32, device=self.device)
        self.mix(values, rows, pitches, gains, noise, audio, sums, peaks)
        normalize_kernel[(num_sounds, -(-num_samples // _SCALED_SAMPLES))](
            audio, peaks, num_samples, SAMPLES=_SCALED_SAMPLES, num_warps=4, **EXACT
        )
        return audio

    def controls(
        self, parameters: Tensor, rows: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return values, pitches and gains as control_kernel fills them; sums and peaks of 0."""
        num_sounds, num_frames, num_tiles = len(parameters), self.plan.num_frames, self.num_tiles

        def empty(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
            return torch.empty(num_sounds, *shape, dtype=dtype, device=self.device)

        values = empty(WIDTH, dtype=torch.float64)
        pitches = empty(2, num_frames, dtype=torch.float64)
        gains = empty(3, num_frames)
        sums = empty(2, num_tiles, dtype=torch.int64)
        peaks = empty(dtype=torch.int32)
        frames = min(_FRAMES, triton.next_power_of_2(max(num_frames, 128)))
        control_kernel[(num_sounds,)](
            parameters.contiguous(),
            rows,
            self.table,
            self.rates,
            values,
            pitches,
            gains,
            sums,
            peaks,
            num_frames,
            2 * num_tiles,
            BITS=self.plan.bits,
            NUM_PARAMETERS=self.num_parameters,
            NUM_ROWS=BASE_REPRODUCIBLE_BATCH_SIZE,
            WIDTH=WIDTH,
            FRAMES=frames,
            NUM_TILES=-(-num_frames // frames),
            num_warps=max(frames // 128, 1),
            **EXACT,
        )
        return values, pitches, gains, sums, peaks

    def mix(
        self,
        values: Tensor,
        rows: Tensor,
        pitches: Tensor,
        gains: Tensor,
        noise: Tensor,
        audio: Tensor,
        sums: Tensor,
        peaks: Tensor,
    ) -> None:
        """Fill audio before it is normalised, and its peaks' bits; sums and peaks come as 0."""
        num_samples = self.plan.num_samples
        audio_kernel[(len(rows), sums.shape[-1])](
            values,
            rows,
            pitches,
            gains,
            noise,
            self.lefts,
            self.remainders,
            audio,
            sums,
            peaks,
            self.plan.num_frames,
            num_samples,
            BITS=self.plan.bits,
            WIDTH=WIDTH,
            NUM_ROWS=BASE_REPRODUCIBLE_BATCH_SIZE,
            SAMPLES=SAMPLES,
            WINDOW=WINDOW,
            num_warps=SAMPLES // 256,
            **EXACT,
        )

    @property
    def num_tiles(self) -> int:
        """Tiles that a sound is rendered in."""
        return -(-self.plan.num_samples // SAMPLES)


def whole_tiles(positions: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return positions for whole tiles, the last one's again beyond a sound's end."""
    return np.pad(positions, (0, -len(positions) % SAMPLES), mode="edge")
