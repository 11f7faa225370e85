"""How wide the vectors are that compiled loops use."""

from functools import lru_cache
from typing import Any

# LLVM takes vectors of 256 bits on Intel's servers, for the first that had wider ones lowered their
# clock for it. Those since Ice Lake, which these instructions tell, hardly do: on Emerald Rapids
# the Voice takes 0.82 of the time.
_WIDTH = '"prefer-vector-width"="512"'
_SINCE = "+avx512vbmi2"


@lru_cache
def wide_compiler() -> Any:  # noqa: ANN401
    """Return numba's compiler, for vectors of 512 bits."""
    from numba.core.compiler import CompilerBase, DefaultPassBuilder
    from numba.core.compiler_machinery import PassManager, register_pass
    from numba.core.lowering import Lower
    from numba.core.typed_passes import NativeLowering

    class WideLower(Lower):
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
