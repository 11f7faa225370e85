"""Prints the PTX of the machine's kernels: ``python assembled.py CAPABILITY [NAME ...]``.

Those that are named are compiled as if Triton might contract.
"""

import runpy
import sys
from pathlib import Path

import programs

from synth_datamodule.kernels.exact.written import compiled
from synth_datamodule.kernels.gpu.formulas import in_triton
from synth_datamodule.kernels.gpu.program import audio, calling, controls, filters, plain, values
from synth_datamodule.kernels.gpu.program.known import FORMULAS, PHASES

fused = runpy.run_path(str(Path(__file__).parents[2] / "assembled.py"))

_TYPES = {
    **dict.fromkeys(("doubles", "table", "constants", "lists", "turned", "states"), "*fp64"),
    **dict.fromkeys(("singles", "parameters", "flaws", "noise", "out"), "*fp32"),
    **dict.fromkeys(("integers", "rows", "noise_rows", "codes"), "*i64"),
    **dict.fromkeys(("stops", "lefts", "remainders"), "*i32"),
    **dict.fromkeys(("turned_audio", "turned_out"), "*fp32"),
}
_TILE = {"TILE": 1024}
_NUM_ROWS = {"NUM_ROWS": 32}
_TURNED = {"LANES": 32, "SAMPLES": 32}
S, D, H, W, N, M = (
    *(calling.SINGLE, calling.DOUBLE, calling.HALF, calling.WHOLE),
    *(calling.NUMBER, calling.NUMBER_32),
)


def _mixes(of):
    return {f"mix_{n}": (of, of) * n for n in range(1, 5)}


# What each formula takes, in float32 and in float64.
TAKES = {
    "single": {
        **dict.fromkeys(("add", "subtract", "multiply"), (S, S)),
        **dict.fromkeys(("scale", "shift", "normalize"), (S, M)),
        **{"copy": (S,), "fill": (M,), "narrow": (D,)},
        **{"sine_single": (H,), "square_saw_single": (H, M, M, M)},
        **_mixes(S),
    },
    "double": {
        **dict.fromkeys(("add", "subtract", "multiply"), (D, D)),
        **dict.fromkeys(("scale", "shift", "normalize"), (D, N)),
        **{"copy": (D,), "fill": (N,), "octave": (D, N, N, N, N)},
        **{"sine_double": (W, N), "square_saw_double": (W, N, N, N, N)},
        **_mixes(D),
        **{f"weighted_{n}": (D, N) * n for n in range(1, 5)},
        **{"envelope": (D, *(N,) * 8), "affine": (D, N, N), "gain": (N, D)},
    },
}
_DOUBLE = dict.fromkeys(("out", "turned_audio", "turned_out"), "*fp64")


def kernels():
    """Yield a name, a kernel, what is said of its types, and its constants."""
    yield "parameters", values.parameters_kernel, {}, {**_NUM_ROWS, "TILE": 128}
    yield "values", values.values_kernel, {}, {"LANES": 32}
    yield "sounding", values.sounding_kernel, {}, _TILE
    yield "noise", plain.noise_kernel, {}, {**_NUM_ROWS, **_TILE}
    yield "mark", plain.mark_kernel, {}, _TILE
    yield "lfo", controls.lfo_kernel, {}, {"FRAMES": 1024}
    for (kind, rate), (function, numbers) in PHASES.items():
        given = {"FUNCTION": function, "NUMBERS": numbers, **_TILE}
        yield f"{kind}, {rate}", audio.phase_kernel, {}, given
    yield "scan", audio.scan_kernel, {}, {**_TILE, "WINDOW": 256}
    for rate, takes in TAKES.items():
        types = _DOUBLE if rate == "double" else {}
        for kind, taken in takes.items():
            given = {"FUNCTION": FORMULAS[kind], "TAKES": taken, **_TILE}
            yield f"{kind} of {rate}", plain.elementwise_kernel, types, given
        of = S if rate == "single" else D
        yield f"peak of {rate}", filters.peak_kernel, {}, {"TAKES": of, **_TILE}
        for moving in (True, False):
            given = {"TAKES": of, "MOVING": moving, **_TURNED}
            name = f"{rate}, {'moving' if moving else 'at rest'}"
            yield f"coefficients of {name}", filters.coefficients_kernel, types, given
            for mode in range(3):
                given = {"MODE": mode, "MOVING": moving, "LANES": 32, "UNROLL": 8}
                yield f"recurrence {mode} of {name}", filters.recurrence_kernel, types, given
        for name, formula in programs.FORMULAS.items():
            given = {"FUNCTION": in_triton(compiled(formula, rate)), "TAKES": (of, of), **_TILE}
            yield f"own {name} of {rate}", plain.elementwise_kernel, types, given
        yield f"turn back of {rate}", filters.turn_back_kernel, types, _TURNED


def main(capability, only):
    """Print the PTX of each kernel after its name; of some alone, where Triton may contract."""
    for name, kernel, said, constants in kernels():
        if only and name not in only:
            continue
        types = [
            said.get(one, _TYPES.get(one, "i32"))
            for one in kernel.arg_names
            if one not in constants
        ]
        text = fused["assembled"](kernel, types, constants, capability, contracted=bool(only))
        print(f"// kernel {name}\n{text}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
