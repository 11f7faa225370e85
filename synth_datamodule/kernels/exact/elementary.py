"""The functions that formulas of one's own are made of, in float32 and in float64.

What is no number is no number afterwards; what is beyond the format is infinite; what is smaller
than the smallest normal number is 0, since processors differ in what they do with it.
"""

import numpy as np

from synth_datamodule.kernels.exact.arithmetic import (
    EXP2_32_1,
    EXP2_32_2,
    EXP2_32_3,
    EXP2_32_4,
    EXP2_32_5,
    ONE,
    ONE_32,
    POSITIVE_32,
    SIGN_32,
    WHOLE,
    WHOLE_32,
    ZERO,
    ZERO_32,
    cosine,
    cosine64,
    exp2,
    flipped,
    larger,
    log2,
    sine,
    sine64,
    smaller,
    tanh_from_exponent,
)
from synth_datamodule.kernels.exact.operations import (
    Number,
    bits32,
    bits64,
    float32,
    float64,
    fma,
    from_bits32,
    from_bits64,
    int32,
    no_number32,
    no_number64,
    number64,
    quotient32,
    root32,
    root64,
    where,
)
from synth_datamodule.kernels.exact.parts import POSITIVE_64, tanh64_from_exponent
from synth_datamodule.numerics.compiled import inlined

INFINITE = np.float64(np.inf)
INFINITE_32 = np.float32(np.inf)
SMALLEST = np.float64(2.0**-1022)
SMALLEST_32 = np.float32(2.0**-126)
# Beyond these all floats are whole numbers.
ALL_WHOLE = np.float64(2.0**51)
ALL_WHOLE_32 = np.float32(2.0**22)
LOG2_E = np.float64(1.4426950408889634)
LOG2_E_32 = np.float32(1.442695)
LOG2_E_REST_32 = np.float32(1.9259629911e-08)
LN_2 = np.float64(0.6931471805599453)
LN_2_LOW = np.float64(2.3190468138462996e-17)
LN_2_32 = np.float32(0.6931472)
HIGHEST_EXPONENT_32 = np.float32(128.0)
LOWEST_EXPONENT_32 = np.float32(-126.0)
HIGHEST_32 = np.float32(88.72283)  # the largest x whose exp(x) is finite
LOWEST_32 = np.float32(-87.33655)
HIGHEST_EXPONENT = np.float64(1024.0)
LOWEST_EXPONENT = np.float64(-1000.0)
HIGHEST_64 = np.float64(709.782712893384)
LOWEST_64 = np.float64(-690.0)
SQRT_HALF_BITS_32 = np.int32(0x3F3504F3)
# log2((1 + s)/(1 - s)) = s q(s**2), |s| < 0.1716: 2e-9 relative
LOG2_32_0 = np.float32(2.8853900817779268)
LOG2_32_1 = np.float32(0.9617966939259756)
LOG2_32_2 = np.float32(0.5770780163555854)
LOG2_32_3 = np.float32(0.4121985831111324)
LOG2_32_4 = np.float32(0.3205988979753252)
FARTHEST = np.float64(2.0**50)  # radians whose sine is known
CYCLES_PER_TWO = np.float64(0.3183098861837907)
PI_HIGH = np.float64(3.141592653589793)
PI_LOW = np.float64(1.2246467991473532e-16)
TWO_OVER_LN_2 = np.float64(2.8853900817779268)
TWO_OVER_LN_2_32 = np.float32(2.8853900817779268)
HALF_PI = np.float64(1.5707963267948966)
QUARTER_PI = np.float64(0.7853981633974483)
HALF_PI_32 = np.float32(1.5707963267948966)
QUARTER_PI_32 = np.float32(0.7853981633974483)
# atan x = x + x**3 q(x**2), |x| <= tan(pi/8): Moshier's, in Cephes
ATAN_FAR = np.float64(2.414213562373095)
ATAN_NEAR = np.float64(0.41421356237309503)
ATAN_P = np.float64(-8.750608600031904122785e-1)
ATAN_P_1 = np.float64(-1.615753718733365076637e1)
ATAN_P_2 = np.float64(-7.500855792314704667340e1)
ATAN_P_3 = np.float64(-1.228866684490136173410e2)
ATAN_P_4 = np.float64(-6.485021904942025371773e1)
ATAN_Q_0 = np.float64(2.485846490142306297962e1)
ATAN_Q_1 = np.float64(1.650270098316988542046e2)
ATAN_Q_2 = np.float64(4.328810604912902668951e2)
ATAN_Q_3 = np.float64(4.853903996359136964868e2)
ATAN_Q_4 = np.float64(1.945506571482613964425e2)
ATAN_FAR_32 = np.float32(2.414213562373095)
ATAN_NEAR_32 = np.float32(0.41421356237309503)
ATAN_32_0 = np.float32(-3.33329491539e-1)
ATAN_32_1 = np.float32(1.99777106478e-1)
ATAN_32_2 = np.float32(-1.38776856032e-1)
ATAN_32_3 = np.float32(8.05374449538e-2)


@inlined
def known(x: Number, y: Number) -> Number:
    """Return ``y``; ``x`` where that is no number."""
    return where(x == x, y, x)


@inlined
def absolute_single(x: Number) -> Number:
    """Return ``|x|``."""
    return from_bits32(int32(bits32(x) & POSITIVE_32))


@inlined
def absolute_double(x: Number) -> Number:
    """Return ``|x|``."""
    return from_bits64(bits64(x) & POSITIVE_64)


@inlined
def round_single(x: Number) -> Number:
    """Return the nearest whole number, half to even."""
    return where(absolute_single(x) < ALL_WHOLE_32, (x + WHOLE_32) - WHOLE_32, x)


@inlined
def round_double(x: Number) -> Number:
    """Return the nearest whole number, half to even."""
    return where(absolute_double(x) < ALL_WHOLE, (x + WHOLE) - WHOLE, x)


@inlined
def floor_single(x: Number) -> Number:
    """Return the largest whole number up to ``x``."""
    nearest = round_single(x)
    return where(nearest > x, nearest - ONE_32, nearest)


@inlined
def floor_double(x: Number) -> Number:
    """Return the largest whole number up to ``x``."""
    nearest = round_double(x)
    return where(nearest > x, nearest - ONE, nearest)


@inlined
def sqrt_single(x: Number) -> Number:
    """Return the square root."""
    return root32(x)


@inlined
def sqrt_double(x: Number) -> Number:
    """Return the square root."""
    return root64(x)


@inlined
def times_power_of_two(f: Number, whole: Number) -> Number:
    """Return ``2**f 2**n`` in float32, f in [-1/2, 1/2], n the low bits of ``n + WHOLE_32``."""
    q = fma(fma(f, EXP2_32_5, EXP2_32_4), f, EXP2_32_3)
    q = fma(q, f, EXP2_32_2)
    q = fma(q, f, EXP2_32_1)
    q = fma(q, f, ONE_32)
    return from_bits32(int32(bits32(q) + (bits32(whole) << 23)))


@inlined
def exp2_single(x: Number) -> Number:
    """Return ``2**x``, to 1.2e-7 relative."""
    y = larger(smaller(x, HIGHEST_EXPONENT_32), LOWEST_EXPONENT_32)
    whole = y + WHOLE_32
    made = times_power_of_two(y - (whole - WHOLE_32), whole)
    return known(x, where(x < LOWEST_EXPONENT_32, ZERO_32, made))


@inlined
def exp2_double(x: Number) -> Number:
    """Return ``2**x``, to 2e-16 relative; 0 below 2**-1000."""
    made = exp2(larger(smaller(x, HIGHEST_EXPONENT), LOWEST_EXPONENT))
    return known(x, where(x < LOWEST_EXPONENT, ZERO, made))


@inlined
def exp_single(x: Number) -> Number:
    """Return ``e**x``, to 2e-7 relative."""
    y = larger(smaller(x, HIGHEST_32), LOWEST_32)
    whole = fma(y, LOG2_E_32, WHOLE_32)
    n = whole - WHOLE_32
    f = fma(y, LOG2_E_REST_32, fma(y, LOG2_E_32, ZERO_32 - n))
    made = where(x < LOWEST_32, ZERO_32, times_power_of_two(f, whole))
    return known(x, where(x > HIGHEST_32, INFINITE_32, made))


@inlined
def exp_double(x: Number) -> Number:
    """Return ``e**x``, to 4e-16 relative; 0 below -690."""
    y = larger(smaller(x, number64(HIGHEST_64)), LOWEST_64)
    whole = fma(y, LOG2_E, WHOLE)
    n = whole - WHOLE
    # What is left of x beside n ln 2, in units of ln 2: e**x = 2**(n + f), rounded in f alone.
    f = fma(n, ZERO - LN_2_LOW, fma(n, ZERO - LN_2, y)) * LOG2_E
    made = from_bits64(bits64(exp2(f)) + (bits64(whole) << 52))
    return known(x, where(x > HIGHEST_64, INFINITE, where(x < LOWEST_64, ZERO, made)))


@inlined
def log2_single(x: Number) -> Number:
    """Return ``log2 x``, to 2e-7 relative, about 1 too."""
    exponent = int32(int32(bits32(x) - SQRT_HALF_BITS_32) >> 23)
    mantissa = from_bits32(int32(bits32(x) - int32(exponent << 23)))
    s = quotient32(mantissa - ONE_32, mantissa + ONE_32)
    z = s * s
    q = fma(fma(z, LOG2_32_4, LOG2_32_3), z, LOG2_32_2)
    q = fma(q, z, LOG2_32_1)
    q = fma(q, z, LOG2_32_0)
    made = where(x < INFINITE_32, fma(s, q, float32(exponent)), INFINITE_32)
    of_none = where(x >= ZERO_32, ZERO_32 - INFINITE_32, no_number32())
    return where(x >= SMALLEST_32, made, of_none)


@inlined
def log2_double(x: Number) -> Number:
    """Return ``log2 x``, to 4e-16 relative, about 1 too."""
    made = where(x < INFINITE, log2(where(x >= SMALLEST, x, ONE)), INFINITE)
    of_none = where(x >= ZERO, ZERO - INFINITE, no_number64())
    return where(x >= SMALLEST, made, of_none)


@inlined
def log_single(x: Number) -> Number:
    """Return the natural logarithm, to 3e-7 relative."""
    return log2_single(x) * LN_2_32


@inlined
def log_double(x: Number) -> Number:
    """Return the natural logarithm, to 6e-16 relative."""
    return log2_double(x) * LN_2


@inlined
def power_double(base: Number, exponent: Number) -> Number:
    """Return ``base**exponent``, the base not negative."""
    made = exp2_double(exponent * log2_double(base))
    return where(exponent == ZERO, ONE, where(base == ONE, ONE, made))


@inlined
def power_single(base: Number, exponent: Number) -> Number:
    """Return ``base**exponent``, the base not negative, by float64."""
    return float32(power_double(float64(base), float64(exponent)))


@inlined
def tanh_single(x: Number) -> Number:
    """Return the hyperbolic tangent, to 1.5e-7 absolute."""
    return known(x, tanh_from_exponent(x * TWO_OVER_LN_2_32))


@inlined
def tanh_double(x: Number) -> Number:
    """Return the hyperbolic tangent, to 2e-16 absolute."""
    return known(x, tanh64_from_exponent(x * TWO_OVER_LN_2))


@inlined
def nearby(x: Number) -> Number:
    """Return radians as they are, up to 2**50; no number beyond."""
    return where(absolute_double(x) < FARTHEST, x, no_number64())


@inlined
def half_cycle(x: Number) -> Number:
    """Return the nearest whole half cycle of radians, plus WHOLE, whose last bit is its parity."""
    return fma(x, CYCLES_PER_TWO, WHOLE)


@inlined
def beside(x: Number, n: Number) -> Number:
    """Return radians beyond ``n`` half cycles, in half cycles."""
    return fma(n, ZERO - PI_LOW, fma(n, ZERO - PI_HIGH, x)) * CYCLES_PER_TWO


@inlined
def odd(whole: Number) -> Number:
    """Return the sign bit, as int32, that sine and cosine have at a whole half cycle."""
    return int32(bits64(whole) << 31)


@inlined
def turned(x: Number, sign_bit: Number) -> Number:
    """Return ``x`` or ``-x`` in float64, by a sign bit of an int32."""
    return where(sign_bit < 0, ZERO - x, x)


@inlined
def sin_single(x: Number) -> Number:
    """Return the sine of radians, to 1e-7 absolute."""
    near = nearby(float64(x))
    whole = half_cycle(near)
    return flipped(sine(float32(beside(near, whole - WHOLE))), odd(whole))


@inlined
def sin_double(x: Number) -> Number:
    """Return the sine of radians, to 1e-15 absolute up to 1e6."""
    near = nearby(x)
    whole = half_cycle(near)
    return turned(sine64(beside(near, whole - WHOLE)), odd(whole))


@inlined
def cos_single(x: Number) -> Number:
    """Return the cosine of radians, to 1e-7 absolute."""
    near = nearby(float64(x))
    whole = half_cycle(near)
    return flipped(cosine(float32(beside(near, whole - WHOLE))), odd(whole))


@inlined
def cos_double(x: Number) -> Number:
    """Return the cosine of radians, to 3e-15 absolute up to 1e6."""
    near = nearby(x)
    whole = half_cycle(near)
    return turned(cosine64(beside(near, whole - WHOLE)), odd(whole))


@inlined
def atan_single(x: Number) -> Number:
    """Return the arc tangent, to 2e-7."""
    a = absolute_single(x)
    far, mid = a > ATAN_FAR_32, a > ATAN_NEAR_32
    over = where(far, ZERO_32 - ONE_32, where(mid, a - ONE_32, a))
    t = quotient32(over, where(far, a, where(mid, a + ONE_32, ONE_32)))
    z = t * t
    q = fma(fma(z, ATAN_32_3, ATAN_32_2), z, ATAN_32_1)
    q = fma(q, z, ATAN_32_0)
    base = where(far, HALF_PI_32, where(mid, QUARTER_PI_32, ZERO_32))
    return known(x, flipped(base + fma(z * t, q, t), int32(bits32(x) & SIGN_32)))


@inlined
def atan_double(x: Number) -> Number:
    """Return the arc tangent, to 3e-16."""
    a = absolute_double(x)
    far, mid = a > ATAN_FAR, a > ATAN_NEAR
    over = where(far, ZERO - ONE, where(mid, a - ONE, a))
    t = over / where(far, a, where(mid, a + ONE, ONE))
    z = t * t
    p = fma(fma(z, ATAN_P, ATAN_P_1), z, ATAN_P_2)
    p = fma(fma(p, z, ATAN_P_3), z, ATAN_P_4)
    q = fma(fma(z + ATAN_Q_0, z, ATAN_Q_1), z, ATAN_Q_2)
    q = fma(fma(q, z, ATAN_Q_3), z, ATAN_Q_4)
    base = where(far, number64(HALF_PI), where(mid, number64(QUARTER_PI), ZERO))
    y = base + fma(z * t, p / q, t)
    return known(x, where(x < ZERO, ZERO - y, y))
