"""Which changes of a line the tests do not notice: mutants of six files against their own tests.

Run ``python tests/bench/mutants.py`` after ``pip install mutmut``. A mutant is a file with one
change that one of mutmut's mutators makes, anywhere but in strings and annotations. Each meets its
file's tests in a copy of the checkout, in a process forked from this one, where what is slow to
import is imported. ``--out`` writes the counts and the survivors as JSON.
"""

import contextlib
import difflib
import gc
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import hypothesis
import pytest
import torch
from options import options, read

from synth_datamodule import reporting
from synth_datamodule.measure.machine import this_machine

ROOT = Path(__file__).parents[2]
LOADER = [
    f"loading/test_{name}.py" for name in ("loader", "loader_in_runs", "resumed_loader", "numbers")
]
TESTS = {
    "loading/shards.py": ["loading/test_shards.py"],
    "loading/sets.py": ["loading/test_sets.py"],
    "loading/dealing.py": [*LOADER, "test_positions.py", "test_resume.py"],
    "loading/saved.py": [*LOADER, "loading/test_states.py"],
    "loading/loader.py": [*LOADER, "test_positions.py", "test_resume.py"],
    "checks/values.py": ["checks/test_values.py"],
    "checks/tensors.py": ["checks/test_tensors.py"],
    "checks/devices.py": ["checks/test_devices.py"],
}
STARTS_PROGRAMS = "test_resume and (killed or device)"
WORDS = ["-xq", "-p", "no:cacheprovider", "-Wignore::pytest.PytestAssertRewriteWarning"]


def mutants_of(source):
    """Return texts with one change each, and how many there would be in strings and annotations."""
    libcst = importlib.import_module("libcst")
    mutators = importlib.import_module("mutmut.mutation.mutators").mutation_operators
    module, found, left_out = libcst.parse_module(source), [], 0
    nodes = [(module, False)]
    while nodes:
        node, out = nodes.pop()
        out = out or isinstance(node, (libcst.Annotation, libcst.BaseString))
        nodes.extend((child, out) for child in node.children)
        called = getattr(getattr(node, "func", None), "value", "")
        if called in ("len", "isinstance"):  # mutmut leaves them alone
            continue
        made = [new for kind, mutate in mutators if isinstance(node, kind) for new in mutate(node)]
        left_out += len(made) * out
        found += [] if out else [module.deep_replace(node, new).code for new in made]
    return found, left_out


def passes(copy, tests, limit=1000):
    """Return whether tests pass in a copy of the checkout, in a process forked from this one."""
    child = os.fork()
    if child == 0:
        os.setsid()
        os.chdir(copy)
        signal.alarm(limit)
        for number in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
        for name in [name for name in sys.modules if name.split(".")[0] == "synth_datamodule"]:
            del sys.modules[name]
        sys.path.insert(0, str(copy))
        os.environ["PYTHONPATH"] = str(copy)
        os._exit(pytest.main([*WORDS, "-k", f"not ({STARTS_PROGRAMS})", f"tests/{tests}"]))
    status = os.waitpid(child, 0)[1]
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return status == 0


def survivors(copy, name, mutants):
    """Return the mutants of a file that all of its tests let through."""
    path = copy / "synth_datamodule" / name
    source = path.read_text(encoding="utf-8")
    for tests in TESTS[name]:
        begun = time.monotonic()
        if not passes(copy, tests):
            raise RuntimeError(f"tests/{tests} fails without a mutant")
        limit, left = 10 + 5 * round(time.monotonic() - begun), []
        for second, mutant in enumerate(mutants):
            path.write_text(mutant, encoding="utf-8")
            os.utime(path, (second, second))  # or another mutant's bytecode might be taken for its
            left += [mutant] if passes(copy, tests, limit) else []
        mutants = left
        path.write_text(source, encoding="utf-8")
    return mutants


def parser():
    return options(__doc__, out=None, overwrite=False)


def main(arguments=None):
    """Try every mutant, print the counts, and write them with the survivors."""
    given = read(parser(), lambda given: [given.out] if given.out else (), arguments)
    torch.set_num_threads(1)
    for slow in ("lightning.pytorch", "pytorch_lightning", "numba"):
        importlib.import_module(slow)
    quick = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # no smaller failure is sought
    hypothesis.settings.register_profile("mutants", phases=quick)
    hypothesis.settings.load_profile("mutants")
    gc.freeze()  # a collection would copy what is shared
    result = {"machine": str(this_machine(torch.device("cpu")))}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        for name in TESTS:
            source = (ROOT / "synth_datamodule" / name).read_text(encoding="utf-8")
            mutants, left_out = mutants_of(source)
            left, lines = survivors(copy, name, mutants), source.splitlines()
            counts = {"mutants": len(mutants), "survived": len(left), "left out": left_out}
            print(f"{name}: {counts}", flush=True)
            changes = [
                difflib.unified_diff(lines, one.splitlines(), n=0, lineterm="") for one in left
            ]
            result[name] = {**counts, "survivors": [" ".join(list(one)[2:]) for one in changes]}
    if given.out:
        reporting.write_json(given.out, result, overwrite=given.overwrite)


if __name__ == "__main__":
    main()
