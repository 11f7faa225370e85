"""Steps of filters, and of a sound's peak.

A filter's recurrence goes through a sound sample by sample, so sounds lie side by side, a lane a
sound: its coefficients and audio are turned, time-major, a segment at a time that stays in a GPU's
second cache.
"""

import triton
import triton.language as tl

from synth_datamodule.kernels.gpu.formulas import constant, v
from synth_datamodule.kernels.gpu.program.calling import (
    KEPT,
    LENGTH,
    OUT,
    OUT_SIZE,
    double,
    number,
    stop_of,
    taken,
)

_LOW, _BAND = constant(0), constant(1)


@triton.jit(
    do_not_specialize=["row", "width", "size", "num_samples", "first", "num_sounds", "room"]
)
def coefficients_kernel(
    doubles,
    singles,
    integers,
    turned,
    turned_audio,
    rows,
    row,
    width,
    size,
    stops,
    lefts,
    remainders,
    num_samples,
    first,
    num_sounds,
    room,
    TAKES: tl.constexpr,
    MOVING: tl.constexpr,
    LANES: tl.constexpr,
    SAMPLES: tl.constexpr,
):
    """Turn a segment of audio, and compute a filter's coefficients beside it if its cutoff moves.

    From sample ``first`` on, ``turned [3, room, B]`` gets three coefficients and ``turned_audio
    [room, B]`` the audio, which is taken for what ``TAKES`` tells.
    """
    sound = tl.program_id(0) * LANES + tl.arange(0, LANES)[:, None]
    base = tl.minimum(sound, num_sounds - 1).to(tl.int64) * size
    page = rows + row * width
    j = tl.program_id(1) * SAMPLES + tl.arange(0, SAMPLES)[None, :]
    m = first + j
    stop = stop_of(doubles, base, page, stops)
    if first + tl.program_id(1) * SAMPLES < tl.max(stop):
        inside = m < stop
        exists = sound + j * 0 < num_sounds
        at = j.to(tl.int64) * num_sounds + sound
        x = taken(
            doubles,
            singles,
            integers,
            base,
            page,
            0,
            m,
            0,
            inside,
            lefts,
            remainders,
            num_samples,
            0,
            TAKES,
        )
        tl.store(turned_audio + at, x, mask=exists)
        if MOVING:
            octave = double(doubles, base, page, 1, m, inside, lefts, remainders, num_samples)
            m_11, a_2, _m_22, a_3 = v.filter_coefficients(octave, number(doubles, base, page, 2))
            size_of_one = room.to(tl.int64) * num_sounds
            tl.store(turned + at, m_11, mask=exists)
            tl.store(turned + size_of_one + at, a_2, mask=exists)
            tl.store(turned + 2 * size_of_one + at, a_3, mask=exists)


@triton.jit(do_not_specialize=["row", "width", "size", "first", "count", "num_sounds", "room"])
def recurrence_kernel(
    doubles,
    turned,
    turned_audio,
    turned_out,
    states,
    rows,
    row,
    width,
    size,
    stops,
    first,
    count,
    num_sounds,
    room,
    MODE: tl.constexpr,
    MOVING: tl.constexpr,
    LANES: tl.constexpr,
    UNROLL: tl.constexpr,
):
    """Go through the ``count`` samples of a segment, a lane a sound, and fill ``turned_out``.

    The states are carried from segment to segment in ``states [2, B]``.
    """
    sound = tl.program_id(0) * LANES + tl.arange(0, LANES)
    exists = sound < num_sounds
    base = tl.minimum(sound, num_sounds - 1).to(tl.int64) * size
    page = rows + row * width
    damping = number(doubles, base, page, 2)
    s_1 = tl.zeros([LANES], tl.float64)
    s_2 = s_1
    if first > 0:
        s_1 = tl.load(states + sound, mask=exists, other=0.0)
        s_2 = tl.load(states + num_sounds + sound, mask=exists, other=0.0)
    if not MOVING:
        octave = number(doubles, base, page, 1)
        m_11, a_2, _m_22, a_3 = v.filter_coefficients(octave, damping)
    per_sample = num_sounds.to(tl.int64)
    size_of_one = room * per_sample
    # Up to where the last of these sounds ends, whole runs.
    limit = tl.minimum(count, tl.max(stop_of(doubles, base, page, stops)) - first)
    for start in range(0, limit, UNROLL):
        # All that a run takes is read before the first of it is needed.
        taken_audio = ()
        taken_11 = ()
        taken_2 = ()
        taken_3 = ()
        for i in tl.static_range(UNROLL):
            at = (start + i) * per_sample + sound
            x = tl.load(turned_audio + at, mask=exists, other=0.0).to(tl.float64)
            taken_audio += (x,)
            if MOVING:
                taken_11 += (tl.load(turned + at, mask=exists, other=0.0),)
                twice = tl.load(turned + size_of_one + at, mask=exists, other=0.0)
                taken_2 += (twice,)
                twice = tl.load(turned + 2 * size_of_one + at, mask=exists, other=0.0)
                taken_3 += (twice,)
            else:
                taken_11 += (m_11,)
                taken_2 += (a_2,)
                taken_3 += (a_3,)
        given = ()
        for i in tl.static_range(UNROLL):
            x, twice_a_2, twice_a_3 = taken_audio[i], taken_2[i], taken_3[i]
            next_1, next_2 = v.filter_step(
                s_1,
                s_2,
                taken_11[i],
                twice_a_2,
                v.ONE - twice_a_3,
                twice_a_2 * x,
                twice_a_3 * x,
            )
            if MODE == _LOW:
                y = v.mean(s_2, next_2)
            elif MODE == _BAND:
                y = damping * v.mean(s_1, next_1)
            else:
                y = x - damping * v.mean(s_1, next_1) - v.mean(s_2, next_2)
            given += (y,)
            s_1, s_2 = next_1, next_2
        for i in tl.static_range(UNROLL):
            at = (start + i) * per_sample + sound
            tl.store(turned_out + at, given[i].to(turned_out.dtype.element_ty), mask=exists)
    tl.store(states + sound, s_1, mask=exists)
    tl.store(states + num_sounds + sound, s_2, mask=exists)


@triton.jit(
    do_not_specialize=["row", "width", "size", "first", "num_sounds"],
    do_not_specialize_on_alignment=["out"],
)
def turn_back_kernel(
    doubles,
    turned_out,
    out,
    rows,
    row,
    width,
    size,
    stops,
    first,
    num_sounds,
    LANES: tl.constexpr,
    SAMPLES: tl.constexpr,
):
    """Write a segment of what a filter gave, sound by sound."""
    sound = tl.program_id(0) * LANES + tl.arange(0, LANES)[:, None]
    base = tl.minimum(sound, num_sounds - 1).to(tl.int64) * size
    page = rows + row * width
    j = tl.program_id(1) * SAMPLES + tl.arange(0, SAMPLES)[None, :]
    m = first + j
    stop = stop_of(doubles, base, page, stops)
    limit = tl.where(tl.load(page + KEPT) != 0, tl.load(page + LENGTH).to(tl.int32), stop)
    inside = (m < stop) & (sound < num_sounds)
    y = tl.load(turned_out + j.to(tl.int64) * num_sounds + sound, mask=inside, other=0.0)
    at = out + sound.to(tl.int64) * tl.load(page + OUT_SIZE) + tl.load(page + OUT) + m
    tl.store(at, y, mask=(m < limit) & (sound < num_sounds))


@triton.jit(do_not_specialize=["row", "width", "size", "num_samples"])
def peak_kernel(
    doubles,
    singles,
    integers,
    rows,
    row,
    width,
    size,
    stops,
    lefts,
    remainders,
    num_samples,
    TAKES: tl.constexpr,
    TILE: tl.constexpr,
):
    """Find a sound's largest magnitude, 0 before; of positive numbers bits have the same order."""
    tile = tl.program_id(1)
    base = tl.program_id(0).to(tl.int64) * size
    page = rows + row * width
    stop = stop_of(doubles, base, page, stops)
    if tile * TILE < stop:
        m = tile * TILE + tl.arange(0, TILE)
        inside = m < stop
        x = taken(
            doubles,
            singles,
            integers,
            base,
            page,
            0,
            m,
            tile,
            inside,
            lefts,
            remainders,
            num_samples,
            0,
            TAKES,
        )
        magnitude = tl.where(inside, v.bits64(x.to(tl.float64)) & v.POSITIVE_64, 0)
        tl.atomic_max(integers + base + tl.load(page + OUT), tl.max(magnitude, 0), sem="relaxed")
