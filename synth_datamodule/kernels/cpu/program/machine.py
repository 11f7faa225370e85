"""The machine: runs a program's rows on one sound after another, block by block."""

import numpy as np
import numpy.typing as npt

from synth_datamodule.kernels.cpu.control import to_values
from synth_datamodule.kernels.cpu.lines import first_sample
from synth_datamodule.kernels.cpu.program.calling import STEP, WIDTH, call, doubles_at
from synth_datamodule.kernels.cpu.turns import taken
from synth_datamodule.kernels.exact.arithmetic import ZERO, exp2
from synth_datamodule.kernels.exact.formulas import MIDI_MAX, octave_offset, octaves
from synth_datamodule.numerics.native import entry

# A section is a run of rows. Its columns: the first row and the one after its last, how it is run,
# the address of where its sounds end (0: at their end), its first move and the one after its last.
ONCE, BLOCKS, WHOLE, REST = range(4)
SECTION_WIDTH = 6
# A move tells where a row's memory lies, if that depends on the sound or the block: row, column,
# base, bytes a sound (or a row of noise), bytes a sample, and whether it counts rows of noise.
MOVE_WIDTH = 6


@entry
def run(
    u: npt.NDArray[np.float64],
    noise_rows: npt.NDArray[np.int64],
    table: npt.NDArray[np.float64],
    values: npt.NDArray[np.float64],
    rows: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    sections: npt.NDArray[np.int64],
    moves: npt.NDArray[np.int64],
    turns: npt.NDArray[np.int64],
    most: int,
    block: int,
    num_frames: int,
    num_samples: int,
) -> None:
    """Render the sounds whose turn it is, until none is left or enough are done.

    Args:
        u: Parameters in [0, 1]. Shape ``[B, P]``.
        noise_rows: Row of the noise tables of each sound. Shape ``[B]``.
        table: Minimum, width, maximum, exponent and symmetry of each parameter. Shape ``[5, P]``.
        values: Memory for the parameters' values. Shape ``[P]``.
        rows: The program's rows. Shape ``[R, WIDTH]``.
        counts: Samples of each row that is run once. Shape ``[R]``.
        sections: The program's sections. Shape ``[S, SECTION_WIDTH]``.
        moves: Addresses that depend on sound and block. Shape ``[M, MOVE_WIDTH]``.
        turns: Number of sounds that are begun, which all threads share. Shape ``[1]``.
        most: Number of sounds after which the caller is asked whether to go on.
        block: Samples of audio at a time, at most ``BLOCK``.
        num_frames: Control samples of a sound, C.
        num_samples: Audio samples of a sound, N.
    """
    at, next_turn = rows.ctypes.data, turns.ctypes.data
    for _ in range(most):
        sound = taken(next_turn, 1)
        if sound >= u.shape[0]:
            break
        to_values(u[sound], table, values)
        for s in range(sections.shape[0]):
            first, last, way, end_at, move, last_move = sections[s]
            end = num_samples
            if end_at != 0:
                frames = int(doubles_at(end_at, 1)[0])
                if frames < num_frames:
                    end = first_sample(frames, num_frames, num_samples)
            begin = end if way == REST else 0
            stop = num_samples if way == REST else end
            size = block if way == BLOCKS else num_samples
            if way == ONCE:
                begin, stop, size = 0, 1, 1
            for start in range(begin, stop, size):
                for m in range(move, last_move):
                    which = noise_rows[sound] if moves[m, 5] else sound
                    where = moves[m, 2] + which * moves[m, 3] + start * moves[m, 4]
                    rows[moves[m, 0], moves[m, 1]] = where
                for q in range(first, last):
                    count = counts[q] if way == ONCE else min(start + size, stop) - start
                    call(rows[q, STEP], at + 8 * WIDTH * q, start, count)


@entry
def fill_rates(
    rates: npt.NDArray[np.float64],
    sample_rate: float,
    control_rate: float,
    eps: float,
    bits: int,
    num_samples: int,
    num_frames: int,
) -> None:
    """Fill what follows from the rates alone, in the order of ``calling``."""
    offset = octave_offset(sample_rate, float(bits))
    rates[0], rates[1], rates[2], rates[3] = sample_rate, control_rate, eps, bits
    rates[4], rates[5], rates[6] = num_samples, num_frames, 1.0 / control_rate
    rates[7], rates[8] = offset, octave_offset(sample_rate, ZERO)
    rates[9], rates[10] = octaves(ZERO, offset), octaves(MIDI_MAX, offset)
    rates[11], rates[12] = exp2(bits - 2.0), exp2(bits - 1.0)
