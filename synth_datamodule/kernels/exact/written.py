"""A formula of one's own as a function, whose source numba and Triton compile.

Its text is the same for both; the words stand for the formulas of either.
"""

import functools
import linecache
from collections.abc import Mapping
from hashlib import sha256
from types import FunctionType
from typing import Any

from synth_datamodule.exact import Formula
from synth_datamodule.exact.symbols import Word
from synth_datamodule.kernels.exact import arithmetic, elementary, operations
from synth_datamodule.numerics.compiled import inlined

_BITS = {"single": "32", "double": "64"}
_BETWEEN = {
    **{"add": "+", "subtract": "-", "multiply": "*", "less": "<", "greater": ">"},
    **{"less_equal": "<=", "greater_equal": ">=", "equal": "==", "unequal": "!="},
}
_OF_BOTH = {
    **{name: name for name in ("where", "fma", "both", "either")},
    **{"minimum": "smaller", "maximum": "larger"},
}


@functools.lru_cache(maxsize=256)
def compiled(formula: Formula, precision: str) -> Any:  # noqa: ANN401
    """Return a formula as numba compiles it into each loop that calls it; Triton takes it too.

    Args:
        formula: The formula.
        precision: ``"single"`` for float32, ``"double"`` for float64.
    """
    words = {**vars(operations), **vars(arithmetic), **vars(elementary)}
    return inlined(function_of(text_of(formula, precision), words))


def text_of(formula: Formula, precision: str) -> str:
    """Return a formula's source.

    Args:
        formula: The formula.
        precision: ``"single"`` for float32, ``"double"`` for float64.

    Example:
        >>> from synth_datamodule.exact import formula, tanh
        >>> print(text_of(formula(lambda x: tanh(x * 0.5)), "single"))
        def formula(v0):
            v1 = number32(0.5)
            v2 = v0 * v1
            v3 = tanh_single(v2)
            return v3 + ZERO_32
    """
    lines = [f"def formula({', '.join(f'v{place}' for place in range(formula.arity))}):"]
    for place, word in enumerate(formula.words, formula.arity):
        lines.append(f"    v{place} = {_said(word, precision)}")
    # Silence is +0 whatever the signs, so that what is known to be silent need not be computed.
    return "\n".join([*lines, f"    return v{formula.result} + ZERO_32"])


def _said(word: Word, precision: str) -> str:
    given = [f"v{place}" for place in word.inputs]
    if word.name == "number":
        return f"number{_BITS[precision]}({word.number!r})"
    if word.name in _BETWEEN:
        return f" {_BETWEEN[word.name]} ".join(given)
    if word.name == "divide":
        return f"quotient32({', '.join(given)})" if precision == "single" else " / ".join(given)
    return f"{_OF_BOTH.get(word.name, f'{word.name}_{precision}')}({', '.join(given)})"


def function_of(text: str, words: Mapping[str, Any], file: str | None = None) -> Any:  # noqa: ANN401
    """Return the function of a source, which ``inspect`` finds, as Triton must.

    Args:
        text: Source of one function.
        words: Functions and numbers that its names stand for.
        file: File that compiled code is kept beside; None keeps none.
    """
    if file is None:
        file = f"<formula {sha256(text.encode()).hexdigest()[:16]}>"
        linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    code = compile(text, file, "exec")
    made = next(one for one in code.co_consts if hasattr(one, "co_code"))
    return FunctionType(made, dict(words), made.co_name)
