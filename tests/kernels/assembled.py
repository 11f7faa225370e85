"""Prints the PTX of the GPU's kernels: ``python assembled.py CAPABILITY [contracted]``."""

import sys

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from synth_datamodule.kernels.gpu.audio import audio_kernel, normalize_kernel
from synth_datamodule.kernels.gpu.control import control_kernel
from synth_datamodule.kernels.gpu.control_gradient import control_gradient_kernel
from synth_datamodule.kernels.gpu.draws import draw_kernel

_F64, _F32, _I64, _I32, _U8 = "*fp64", "*fp32", "*i64", "*i32", "*u8"
KERNELS = (
    (
        draw_kernel,
        (_I64, _I32, _F32, _F32, _U8, "i32"),
        {"NUM_DRAWS": 78, "LANES": 32},
    ),
    (
        control_kernel,
        (_F32, _I64, _F64, _F64, _F64, _F64, _F32, _I64, _I32, "i32", "i32"),
        {
            "BITS": 51,
            "NUM_PARAMETERS": 78,
            "NUM_ROWS": 32,
            "WIDTH": 128,
            "FRAMES": 512,
            "NUM_TILES": 4,
        },
    ),
    (
        audio_kernel,
        (_F64, _I64, _F64, _F32, _F32, _I32, _I32, _F32, _I64, _I32, "i32", "i32"),
        {"BITS": 51, "WIDTH": 128, "NUM_ROWS": 32, "SAMPLES": 1024, "WINDOW": 256},
    ),
    (normalize_kernel, (_F32, _I32, "i32"), {"SAMPLES": 4096}),
    (
        control_gradient_kernel,
        (_F32, _F64, _F64, _F64, _F64, _F64, _F64, _F64, "i32"),
        {"NUM_PARAMETERS": 78, "WIDTH": 128, "FRAMES": 512, "NUM_TILES": 4},
    ),
)


def assembled(kernel, types, constants, capability, *, contracted):
    """Return the PTX of a kernel for a compute capability; no GPU is needed."""
    names = kernel.arg_names
    signature = dict(zip(names, (*types, *["constexpr"] * len(constants)), strict=True))
    source = ASTSource(fn=kernel, signature=signature, constexprs=constants)
    options = {"enable_fp_fusion": contracted, "num_warps": 4}
    compiled = triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options)
    return compiled.asm["ptx"]


if __name__ == "__main__":
    for kernel, types, constants in KERNELS:
        text = assembled(
            kernel, types, constants, int(sys.argv[1]), contracted="contracted" in sys.argv
        )
        print(f"// kernel {kernel.fn.__name__}\n{text}")
