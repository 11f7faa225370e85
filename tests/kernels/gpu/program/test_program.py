"""The GPU's machine without a GPU: interpreted, and compiled to see what it is made of."""

import re
import runpy
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from synth_datamodule.kernels.cpu.program import known, values
from synth_datamodule.kernels.cpu.program.calls import calls_of
from synth_datamodule.kernels.cpu.program.launch import CpuProgram
from synth_datamodule.numerics.compiled import inlined
from synth_datamodule.program.program import VALUE

pytest.importorskip("triton", reason="Triton comes with torch on Linux")

from synth_datamodule.kernels.gpu.program.values import KINDS

# Steps that no program has: a peak is found and divided by, what is left is filled.
HELPERS = ("peak", "normalize", "silence")
HERE = Path(__file__).parent
programs = runpy.run_path(str(HERE / "programs.py"))
CASES = [*programs["SYNTHS"], *programs["BUILT"]]
# Two processes, about as long as each other.
JOBS = (
    ("filters", "doubles", "singles", "numbers", "own"),
    ("FilteredVoice", "Voice", "FmVoice", "OneOscillator", "controls", "stages", "endings"),
)


def run(script, *arguments):
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory):
    """What the interpreter made of every case, by case and name."""
    folder = tmp_path_factory.mktemp("interpreted")
    files = [folder / f"{number}.npz" for number in range(len(JOBS))]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda file, job: run("interpreted.py", file, *job), files, JOBS))
    found = {}
    for file in files:
        with np.load(file) as arrays:
            found |= {key: arrays[key] for key in arrays.files}
    return found


def bits(signal):
    signal = np.asarray(signal)
    return signal.view({4: np.int32, 8: np.int64}[signal.itemsize])


def on_the_cpu(name):
    program, plan, parameters, rows = programs["case"](name)
    return program, *CpuProgram(program, plan).render(parameters, rows, programs["noise"](plan))


def test_the_cases_have_every_kind_of_step_that_the_cpu_knows():
    called = [call for name in CASES for call in calls_of(programs["case"](name)[0])]
    of_numbers = {call.name for call in called if call.step.rate == VALUE}
    of_signals = {call.name for call in called if call.step.rate != VALUE}
    kinds = {step.kind for name in CASES for step in programs["case"](name)[0].steps}
    assert "normalize" in kinds
    helpers = {"pieces", *(f"{kind}_{rate}" for kind in HELPERS for rate in ("single", "double"))}
    missing = known.ALL.keys() - of_signals - helpers
    missing |= values.STEPS.keys() - of_numbers
    assert missing == set()


def kinds():
    """Every kind of step, with its rate, that a builder's signals become."""
    pairs = {f"{kind}_{n}" for kind in ("mix", "weighted") for n in range(1, 5)}
    plain = {"add", "subtract", "multiply", "scale", "shift", "fill"}
    mixes, weights = (
        {one for one in pairs if one.startswith(kind)} for kind in ("mix", "weighted")
    )
    modes = {"lowpass", "bandpass", "highpass"}
    filters = {f"{kind} {mode}" for kind in ("filter", "steady_filter") for mode in modes}
    audio = plain | mixes | filters | {"copy", "noise", "sine", "square_saw", "upsample"}
    return {
        "value": {*KINDS, "sounding"},
        "control": plain | weights | {"envelope", "lfo", "affine", "gain"},
        "single": audio | {"narrow", "normalize"},
        "double": audio | {"octave", "octave_line", "normalize"},
        "phase": {"phase", "fm", "steady"},
        "wide": {"phase", "fm", "steady"},
    }


def kind_of(step):
    if step.kind in ("mix", "weighted"):
        return f"{step.kind}_{len(step.inputs) // 2}"
    return f"{step.kind} {step.data[0]}" if step.kind.endswith("filter") else step.kind


def test_the_cases_have_every_kind_of_step_at_every_rate():
    found = {rate: set() for rate in kinds()}
    for name in CASES:
        for step in programs["case"](name)[0].steps:
            found[step.rate].add(kind_of(step))
    made = {"parameter", "constant", "rate", "own"}
    assert {rate: some - made for rate, some in found.items()} == kinds()
    assert {name for job in JOBS for name in job} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_gpus_machine_gives_the_cpus_bits(interpreted, name):
    program, audio, handed = on_the_cpu(name)
    assert audio.isfinite().all()
    assert np.array_equal(bits(interpreted[f"{name}/audio"]), bits(audio))
    for number, (told, signal) in enumerate(zip(program.handed, handed, strict=True)):
        assert np.array_equal(bits(interpreted[f"{name}/{number}"]), bits(signal)), told[0]


def test_a_sound_is_the_same_in_parts_of_a_batch_and_alone(interpreted):
    whole = interpreted["OneOscillator/audio"]
    assert np.array_equal(bits(interpreted["OneOscillator/in parts"]), bits(whole))
    assert np.array_equal(bits(interpreted["OneOscillator/alone"]), bits(whole[2:]))
    assert interpreted["OneOscillator/none"].shape == (0, whole.shape[1])


def test_what_is_out_of_range_is_nan_throughout_and_touches_no_other_sound(interpreted):
    # The first four sounds were given a parameter of -0.1, 1.5 and NaN, and a row of noise of 32.
    program, audio, handed = on_the_cpu("endings")
    names = ["audio", *map(str, range(len(program.handed)))]
    for name, right in zip(names, (audio, *handed), strict=True):
        found = interpreted[f"endings/wrong{'' if name == 'audio' else ' ' + name}"]
        assert np.isnan(found[:4]).all()
        assert np.array_equal(bits(found[4]), bits(right[1]))


def test_a_formula_that_takes_what_is_not_exact_is_refused():
    from synth_datamodule.kernels.gpu.formulas import in_triton

    depth = np.float32(0.5)

    @inlined
    def around(x):
        return x * depth

    @inlined
    def foreign(x):
        return np.sin(x)

    with pytest.raises(ValueError, match=r"around\(\) must take .* got depth from the function"):
        in_triton(around)
    with pytest.raises(ValueError, match=r"foreign\(\) must compute with exact words, .* np\.sin"):
        in_triton(foreign)


def assembled(*arguments):
    """PTX of each kernel, by kernel."""
    pages = run("assembled.py", *arguments).split("// kernel ")[1:]
    return dict(page.split("\n", 1) for page in pages)


@pytest.fixture(scope="module")
def exact():
    return assembled(90)


def test_all_formulas_are_assembled(exact):
    from synth_datamodule.kernels.gpu.program.known import FORMULAS

    assert all("sqrt.rn" in exact[f"own roots of {rate}"] for rate in ("single", "double"))
    assert FORMULAS.keys() <= {name.partition(" of ")[0] for name in exact}


def test_the_kernels_compile_to_operations_that_are_rounded_once_and_correctly(exact):
    for name, text in exact.items():
        # ptxas contracts and approximates only what is not marked as rounded to nearest.
        found = re.findall(r"^\s+(?:@%p\d+ )?((?:add|sub|mul|fma|div|mad)\.[\w.]+)", text, re.M)
        floats = {operation for operation in found if re.search(r"\.f(32|64)$", operation)}
        assert {operation for operation in floats if ".rn." not in operation} == set(), name
        found = re.findall(r"\w*(?:approx|ftz|\.full\.|ex2|lg2|sin|cos|rcp)\w*", text)
        assert found == [], name
        assert set(re.findall(r"sqrt\S*", text)) <= {"sqrt.rn.f32", "sqrt.rn.f64"}, name


def test_products_and_sums_that_the_formulas_keep_apart_stay_apart(exact):
    # Where Triton may contract, the same source has more fused operations.
    names = (
        *("values", "lfo", "envelope of double", "mix_1 of single", "mix_1 of double"),
        *("own angles of single", "own angles of double", "recurrence 2 of single, moving"),
    )
    contracted = assembled(90, *names)
    assert contracted.keys() == set(names)
    for name in names:
        ours, may_be = (
            len(re.findall(r"\bfma\.rn\.f", pages[name])) for pages in (exact, contracted)
        )
        assert ours < may_be, name


def test_a_mix_is_rounded_where_its_formula_rounds(exact):
    # A thread has eight of 1024 samples: eight inputs are interpolated, three products added.
    assert len(re.findall(r"\bfma\.rn\.f", exact["mix_4 of single"])) == 8 * (8 + 3)
