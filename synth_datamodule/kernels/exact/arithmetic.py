"""exp2, log2, sine, tanh: the same bits wherever they are compiled.

Nothing here but the words of ``operations``, in a fixed order. Polynomials are minimax (Remez, in
50 digits; the error beside each is its own, with the coefficients as they stand), and their
constant terms are exact where a function must be: ``exp2(0) = 1``, ``sine(0) = 0``. They are
literals, since a constant computed by libm would bring its last bit along.
"""

import numpy as np

from synth_datamodule.kernels.exact.operations import (
    Number,
    bits32,
    bits64,
    float32,
    fma,
    from_bits32,
    from_bits64,
    int32,
    quotient32,
    where,
)
from synth_datamodule.numerics.compiled import inlined

ONE = np.float64(1.0)
TWO = np.float64(2.0)
ZERO = np.float64(0.0)
ONE_32 = np.float32(1.0)
FAR_32 = np.float32(-120.0)
TWO_TO_MINUS_32 = np.float32(2.0**-32)
ZERO_32 = np.float32(0.0)
# A float64 in [2**52, 2**53) has a last bit worth 1. So x + 2**52 is x rounded to a whole number,
# half to even, and its low bits are that number; with 1.5 * 2**52 the sum stays in that range for
# x down to -2**51 too. Subtracting WHOLE gives the whole number as a float64 again, subtracting the
# bits of WHOLE gives it as an int64: one addition, where a conversion is a call on many machines.
# 1.5 * 2**23 does the same for float32.
WHOLE = np.float64(1.5 * 2.0**52)
WHOLE_BITS = np.int64(0x4338000000000000)
WHOLE_32 = np.float32(1.5 * 2.0**23)
POSITIVE_32 = np.int32(0x7FFFFFFF)
SIGN_32 = np.int32(-0x80000000)
# log2 takes mantissas in [sqrt(1/2), sqrt(2)), about 1, where it is then exact to the last bits.
SQRT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)

# 2**f = 1 + f q(f) on [-1/2, 1/2]: 2.7e-17 relative
EXP2_1 = np.float64(0.6931471805599453)
EXP2_2 = np.float64(0.2402265069591013)
EXP2_3 = np.float64(0.055504108664820084)
EXP2_4 = np.float64(0.009618129107594119)
EXP2_5 = np.float64(0.0013333558146774566)
EXP2_6 = np.float64(0.00015403530457112904)
EXP2_7 = np.float64(1.5252733493180352e-05)
EXP2_8 = np.float64(1.3215435281942248e-06)
EXP2_9 = np.float64(1.0178199549647666e-07)
EXP2_10 = np.float64(7.073783306604486e-09)
EXP2_11 = np.float64(4.434774639445732e-10)
# the same to 1.5e-14, for frequencies at audio rate
PITCH_1 = np.float64(0.6931471805598852)
PITCH_2 = np.float64(0.24022650695722822)
PITCH_3 = np.float64(0.05550410866841511)
PITCH_4 = np.float64(0.00961812918116359)
PITCH_5 = np.float64(0.0013333557625574426)
PITCH_6 = np.float64(0.00015403440884450214)
PITCH_7 = np.float64(1.5252989956794378e-05)
PITCH_8 = np.float64(1.3258335446149984e-06)
PITCH_9 = np.float64(1.0148351414691812e-07)
# the same to 1.1e-7, in float32
EXP2_32_1 = np.float32(0.693147)
EXP2_32_2 = np.float32(0.24022242)
EXP2_32_3 = np.float32(0.055507336)
EXP2_32_4 = np.float32(0.009671512)
EXP2_32_5 = np.float32(0.0013264734)
# log2((1 + s)/(1 - s)) = s q(s**2), |s| < 0.1716: 1.4e-17 relative
LOG2_0 = np.float64(2.8853900817779268)
LOG2_1 = np.float64(0.9617966939259899)
LOG2_2 = np.float64(0.5770780163454698)
LOG2_3 = np.float64(0.412198585851187)
LOG2_4 = np.float64(0.3205985339133344)
LOG2_5 = np.float64(0.26233440245984674)
LOG2_6 = np.float64(0.22091184771686065)
LOG2_7 = np.float64(0.21367097966009363)
# cos(pi h) = q(h**2), |h| <= 1/2: 2.0e-15 absolute
COS_0 = np.float64(0.9999999999999981)
COS_1 = np.float64(-4.934802200543689)
COS_2 = np.float64(4.05871212633349)
COS_3 = np.float64(-1.335262766186456)
COS_4 = np.float64(0.23533058836682916)
COS_5 = np.float64(-0.025806532290775296)
COS_6 = np.float64(0.0019278709688664505)
COS_7 = np.float64(-0.00010041751146966615)
# sin(pi h) = h q(h**2), |h| <= 1/2: 2.1e-16 relative
SIN_0 = np.float64(3.1415926535897927)
SIN_1 = np.float64(-5.167712780049753)
SIN_2 = np.float64(2.5501640398597765)
SIN_3 = np.float64(-0.5992645287757093)
SIN_4 = np.float64(0.08214587825654909)
SIN_5 = np.float64(-0.0073703610716640494)
SIN_6 = np.float64(0.00046597761697049093)
SIN_7 = np.float64(-2.1122952923797757e-05)
# cos(pi h) to 1.8e-8, in float32
COS_32_0 = np.float32(1.0)
COS_32_1 = np.float32(-4.934802137229138)
COS_32_2 = np.float32(4.058709164365566)
COS_32_3 = np.float32(-1.3352120569137187)
COS_32_4 = np.float32(0.23493756005779176)
COS_32_5 = np.float32(-0.024396718348646044)
# sin(pi h) = h q(h**2), |h| <= 1/2: 4.2e-8 relative
SIN_32_0 = np.float32(3.1415927)
SIN_32_1 = np.float32(-5.16771)
SIN_32_2 = np.float32(2.5500698)
SIN_32_3 = np.float32(-0.5982421)
SIN_32_4 = np.float32(0.07756039)


@inlined
def smaller(a: Number, b: Number) -> Number:
    """Return ``a`` if it is below ``b``, else ``b``: zeros of either sign have one outcome."""
    return where(a < b, a, b)


@inlined
def larger(a: Number, b: Number) -> Number:
    """Return ``a`` if it is above ``b``, else ``b``."""
    return where(a > b, a, b)


@inlined
def to_fixed(x: Number) -> Number:
    """Return the whole number nearest to a float64 in (-2**51, 2**51), as int64."""
    return bits64(x + WHOLE) - WHOLE_BITS


@inlined
def exp2(x: Number) -> Number:
    """Return ``2**x`` in float64, to 2e-16; 0 below 2**-1000."""
    whole = x + WHOLE
    f = x - (whole - WHOLE)
    q = fma(fma(f, EXP2_11, EXP2_10), f, EXP2_9)
    q = fma(q, f, EXP2_8)
    q = fma(q, f, EXP2_7)
    q = fma(q, f, EXP2_6)
    q = fma(q, f, EXP2_5)
    q = fma(q, f, EXP2_4)
    q = fma(q, f, EXP2_3)
    q = fma(q, f, EXP2_2)
    q = fma(q, f, EXP2_1)
    q = fma(q, f, ONE)
    power_of_two = (bits64(whole) - WHOLE_BITS) << 52
    return where(x < -1000.0, ZERO, from_bits64(bits64(q) + power_of_two))


@inlined
def pitch_exp2(x: Number) -> Number:
    """Return ``2**x`` in float64 to 2e-14, for x in [-1000, 1000]."""
    whole = x + WHOLE
    f = x - (whole - WHOLE)
    q = fma(fma(f, PITCH_9, PITCH_8), f, PITCH_7)
    q = fma(q, f, PITCH_6)
    q = fma(q, f, PITCH_5)
    q = fma(q, f, PITCH_4)
    q = fma(q, f, PITCH_3)
    q = fma(q, f, PITCH_2)
    q = fma(q, f, PITCH_1)
    q = fma(q, f, ONE)
    # The low bits of WHOLE itself are 0: shifting by 52 drops all the rest of it.
    return from_bits64(bits64(q) + (bits64(whole) << 52))


@inlined
def log2(x: Number) -> Number:
    """Return ``log2 x`` in float64, to 4e-16 relative, about 1 too; x is positive and normal."""
    offset = bits64(x) - SQRT_HALF_BITS
    exponent = offset >> 52
    mantissa = from_bits64(bits64(x) - (exponent << 52))
    s = (mantissa - ONE) / (mantissa + ONE)
    z = s * s
    q = fma(fma(z, LOG2_7, LOG2_6), z, LOG2_5)
    q = fma(q, z, LOG2_4)
    q = fma(q, z, LOG2_3)
    q = fma(q, z, LOG2_2)
    q = fma(q, z, LOG2_1)
    q = fma(q, z, LOG2_0)
    # The exponent as a float64: its bits beside those of WHOLE.
    return fma(s, q, from_bits64(exponent + WHOLE_BITS) - WHOLE)


@inlined
def power(base: Number, exponent: Number) -> Number:
    """Return ``base**exponent`` for base >= 0 and exponent > 0, float64; 1 and 0 stay exact."""
    return where(base > 0.0, exp2(exponent * log2(where(base > 0.0, base, ONE))), ZERO)


@inlined
def half_cycles(phase: Number, shift: Number) -> Number:
    """Return a phase in units of 2**-33 cycles, from one of ``shift`` more bits, as int64."""
    return phase >> shift


@inlined
def fold(half: Number) -> Number:
    """Return the signed distance to the nearest multiple of half a cycle, in half cycles.

    A float32 in [-1/2, 1/2].

    Near that half cycle, where a steep wave has its edge, integers keep what floats would lose.
    """
    return fold32(int32(half))


@inlined
def fold32(folded: Number) -> Number:
    """Return ``fold``'s distance, from the low 32 bits that it is made of."""
    return float32(folded) * TWO_TO_MINUS_32


@inlined
def flip(half: Number) -> Number:
    """Return the sign bit, as int32, that sine and cosine have at the nearest whole half cycle."""
    # Bit 32 of half + 2**31: bit 32 of half, turned where bit 31 carries.
    return int32((half >> 1) ^ half) & SIGN_32


@inlined
def flipped(x: Number, sign_bit: Number) -> Number:
    """Return ``x`` or ``-x`` by a sign bit."""
    return from_bits32(int32(bits32(x) ^ sign_bit))


@inlined
def sine(h: Number) -> Number:
    """Return ``sin(pi h)`` in float32, h in [-1/2, 1/2]."""
    z = h * h
    q = fma(fma(z, SIN_32_4, SIN_32_3), z, SIN_32_2)
    q = fma(q, z, SIN_32_1)
    q = fma(q, z, SIN_32_0)
    return h * q


@inlined
def cosine(h: Number) -> Number:
    """Return ``cos(pi h)`` in float32, h in [-1/2, 1/2]."""
    z = h * h
    q = fma(fma(z, COS_32_5, COS_32_4), z, COS_32_3)
    q = fma(q, z, COS_32_2)
    q = fma(q, z, COS_32_1)
    return fma(q, z, COS_32_0)


@inlined
def cosine64(h: Number) -> Number:
    """Return ``cos(pi h)`` in float64, h in [-1/2, 1/2], to 2.3e-15 absolute."""
    z = h * h
    q = fma(fma(z, COS_7, COS_6), z, COS_5)
    q = fma(q, z, COS_4)
    q = fma(q, z, COS_3)
    q = fma(q, z, COS_2)
    q = fma(q, z, COS_1)
    return fma(q, z, COS_0)


@inlined
def sine64(h: Number) -> Number:
    """Return ``sin(pi h)`` in float64, h in [-1/2, 1/2], to 4e-16 relative."""
    z = h * h
    q = fma(fma(z, SIN_7, SIN_6), z, SIN_5)
    q = fma(q, z, SIN_4)
    q = fma(q, z, SIN_3)
    q = fma(q, z, SIN_2)
    q = fma(q, z, SIN_1)
    q = fma(q, z, SIN_0)
    return h * q


@inlined
def exp2_down(x: Number) -> Number:
    """Return ``2**-|x|`` in float32, to 1.1e-7 relative; 2**-120 beyond."""
    magnitude = from_bits32(int32(bits32(x) & POSITIVE_32))
    y = larger(ZERO_32 - magnitude, FAR_32)
    whole = y + WHOLE_32
    f = y - (whole - WHOLE_32)
    q = fma(fma(f, EXP2_32_5, EXP2_32_4), f, EXP2_32_3)
    q = fma(q, f, EXP2_32_2)
    q = fma(q, f, EXP2_32_1)
    q = fma(q, f, ONE_32)
    return from_bits32(int32(bits32(q) + (bits32(whole) << 23)))


@inlined
def tanh_from_exponent(x: Number) -> Number:
    """Return ``tanh(x ln(2)/2) = (1 - 2**-x)/(1 + 2**-x)`` in float32, to 1.2e-7 absolute."""
    t = exp2_down(x)
    return flipped(quotient32(ONE_32 - t, ONE_32 + t), int32(bits32(x) & SIGN_32))
