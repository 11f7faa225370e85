"""Orders of columns: torchsynth has three, this package one.

As ``declared`` are the labels of ``voice(batch_idx)``, and every tensor here. ``get_parameters`` is
the order of torchsynth's method, which goes through the modules sorted by name and each one's
parameters as declared; and ``draw`` that of its ``randomize``, which sorts all names
(``torchsynth/synth.py`` of torchsynth 1.0.2).
"""

from synth_datamodule import checks
from synth_datamodule.parameters.names import NamedColumns

ORDERS = ("declared", "get_parameters", "draw")


def names_in_order(table: NamedColumns, order: str) -> tuple[str, ...]:
    """Return a table's names in one of torchsynth's orders.

    Args:
        table: Names as declared.
        order: Name of the order, ``"declared"``, ``"get_parameters"`` or ``"draw"``.

    Raises:
        TypeError: If ``order`` is no string.
        ValueError: If there is no such order.

    Example:
        >>> from synth_datamodule import Voice
        >>> names_in_order(Voice().parameter_table, "get_parameters")[:2]
        ('adsr_1.attack', 'adsr_1.decay')
        >>> names_in_order(Voice().parameter_table, "draw")[:2]
        ('adsr_1.alpha', 'adsr_1.attack')
    """
    checks.one_of("order", order, ORDERS)
    if order == "draw":
        return tuple(sorted(table.names))
    if order == "get_parameters":
        modules = table.modules
        return tuple(name for module in sorted(modules) for name in modules[module])
    return table.names
