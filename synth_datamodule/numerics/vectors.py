"""How compiled functions are written for LLVM: how wide their vectors are, and what they keep."""

from functools import lru_cache
from typing import Any

# LLVM takes vectors of 256 bits on Intel's servers, for the first that had wider ones lowered their
# clock for it. Those since Ice Lake, which these instructions tell, hardly do: on Emerald Rapids
# the Voice takes 0.82 of the time.
_WIDTH = '"prefer-vector-width"="512"'
_SINCE = "+avx512vbmi2"


@lru_cache
def wide_compiler(*, alone: bool = False) -> Any:  # noqa: ANN401
    """Return numba's compiler, for vectors of 512 bits.

    Args:
        alone: Whether what a function calls is compiled into it for it alone. numba lets LLVM take
            another copy that this process happens to have, compiled by itself; loaded from disk it
            takes its own. Where sums may be reordered these are other bits.
    """
    from numba.core.compiler import CompilerBase, DefaultPassBuilder
    from numba.core.compiler_machinery import PassManager, register_pass
    from numba.core.lowering import Lower
    from numba.core.typed_passes import NativeLowering

    def keep(library: Any) -> None:  # noqa: ANN401  # numba's
        optimize = library._optimize_final_module

        def kept() -> None:
            for one in library._final_module.functions:
                if not one.is_declaration and one.linkage.name == "linkonce_odr":
                    one.linkage = "internal"
            optimize()

        library._optimize_final_module = kept

    class WideLower(Lower):
        def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401  # numba's
            super().__init__(*given, **named)
            if alone:
                keep(self.library)

        def setup_function(self, fndesc: object) -> None:
            super().setup_function(fndesc)
            _, _, features = self.context.codegen().magic_tuple()
            if _SINCE in features:
                # llvmlite knows no attribute with a value, but writes down what the set has.
                set.add(self.function.attributes, _WIDTH)

    @register_pass(mutates_CFG=True, analysis_only=False)
    class WideLowering(NativeLowering):
        _name = "wide_lowering"

        @property
        def lowering_class(self) -> type[Lower]:
            return WideLower

    class WideCompiler(CompilerBase):
        def define_pipelines(self) -> list[PassManager]:
            """Return numba's own passes, but for the one that writes a function for LLVM."""
            passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
            passes.passes = [
                (WideLowering if one is NativeLowering else one, why) for one, why in passes.passes
            ]
            passes.finalize()
            return [passes]

    return WideCompiler
