"""From a builder's signals to a program: precisions, stages, ends, and only what is heard."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from synth_datamodule.exact import Formula
from synth_datamodule.program.builder import AUDIO, OWN, PHASE, VALUE, Builder, Node, Signal
from synth_datamodule.program.program import CONTROL, DOUBLE, SINGLE, WIDE, Program, Step

# What is read in float64, beside what a signal in float64 is itself made of: 96 semitones of bend
# would make an error of float32, 6e-8, a phase that is off by a tenth of a cycle after 4 s.
_BENDING = {"octave": (0,), "fm": (0,), "filter": (1,)}
# What is made anew where it is needed, rather than kept from an earlier stage.
_CHEAP = {"upsample", "fill", "noise", "octave_line"}
# What writes whole vectors, beyond its block, is not written to the audio itself.
_NOT_WRITTEN_THROUGH = _CHEAP | {"normalize"}


def program_of(
    builder: Builder,
    audio: Signal,
    extras: Mapping[str, Signal] | None = None,
    labels: Mapping[int, str] | None = None,
) -> Program:
    """Return the program of a patch.

    Args:
        builder: Builder of all its signals.
        audio: Returned audio.
        extras: Signals that are returned beside it, by name.
        labels: Names of some of the builder's nodes.

    Raises:
        Unknown: If the patch returns no audio.

    Example:
        >>> build = Builder()
        >>> program_of(build, build.node("noise", AUDIO, data=(13,))).steps[-1].kind
        'copy'
    """
    return _Lowering(builder, labels or {}).program(builder.expect(audio, AUDIO), extras or {})


class _Lowering:
    def __init__(self, builder: Builder, labels: Mapping[int, str]) -> None:
        self._nodes, self._checks = builder.nodes, builder.checks
        self._names = labels
        self._labels: dict[int, str] = {}
        self._steps: list[Step] = []
        self._places: dict[Step, int] = {}
        self._made: dict[tuple[int, str, int], int] = {}
        self._stages: dict[int, int] = {}
        self._double: set[int] = set()

    def program(self, audio: Signal, extras: Mapping[str, Signal]) -> Program:
        roots = [audio.place, *(extra.place for extra in extras.values())]
        self._find_double(roots)
        self._find_stages(roots)
        outputs: list[int] = []
        for one in (audio, *extras.values(), *(check[0] for check in self._checks)):
            outputs.append(self._output(one.place, outputs))
        self._part_normalized(outputs)
        ends = self._ends(outputs)
        return self._ordered(outputs, list(extras), ends)

    def _find_double(self, roots: Iterable[int]) -> None:
        """Mark what must be known in float64."""
        waiting = [
            node.inputs[taken]
            for place in self._reached(roots)
            for node in [self._nodes[place]]
            for taken in _BENDING.get(node.kind, ())
        ]
        while waiting:
            place = waiting.pop()
            node = self._nodes[place]
            if node.rate == AUDIO and place not in self._double:
                self._double.add(place)
                waiting += node.inputs

    def _reached(self, roots: Iterable[int]) -> set[int]:
        found: set[int] = set()
        waiting = list(roots)
        while waiting:
            place = waiting.pop()
            if place not in found:
                found.add(place)
                waiting += self._nodes[place].inputs
        return found

    def _find_stages(self, roots: Sequence[int]) -> None:
        """Find how many peaks must be known before each signal; computed as late as it can be."""
        order = sorted(place for place in self._reached(roots) if self._is_audio(place))
        earliest: dict[int, int] = {}
        takers: dict[int, list[int]] = {place: [] for place in order}
        for place in order:
            given = [one for one in self._nodes[place].inputs if self._is_audio(one)]
            earliest[place] = max(
                (earliest[one] + self._ends_stage(one) for one in given), default=0
            )
            for one in given:
                takers[one].append(place)
        for place in reversed(order):
            after = [self._stages[one] - self._ends_stage(place) for one in takers[place]]
            self._stages[place] = min([*after, *([earliest[place]] if place in roots else [])])

    def _is_audio(self, place: int) -> bool:
        return self._nodes[place].rate in (AUDIO, PHASE)

    def _ends_stage(self, place: int) -> bool:
        return self._nodes[place].kind == "normalize"

    def _output(self, place: int, others: list[int]) -> int:
        """Return the step of what is handed out, in float32, beside other such steps."""
        node = self._nodes[place]
        made = self._lower(place, SINGLE, self._stages.get(place, 0))
        if node.rate != AUDIO:
            return made
        step = self._steps[made]
        taken = made in others or any(made in one.inputs for one in self._steps)
        if step.kind in _CHEAP or taken:
            after = step.stage + (step.kind == "normalize")
            return self._step(Step("copy", SINGLE, (made,), (len(others),), after))
        return made

    def _lower(self, place: int, want: str, stage: int) -> int:
        """Return the step that gives a signal in a precision, for a stage."""
        node = self._nodes[place]
        if node.rate != AUDIO or node.kind not in _CHEAP:
            stage = self._stages.get(place, 0)
        if node.rate == PHASE and want == DOUBLE:
            want = WIDE
        elif node.rate != AUDIO:
            want = node.rate
        key = place, want, stage
        if key not in self._made:
            self._made[key] = self._lowered(node, place, want, stage)
            if place in self._names:
                self._labels[self._made[key]] = self._names[place]
        return self._made[key]

    def _lowered(self, node: Node, place: int, want: str, stage: int) -> int:
        if node.rate == AUDIO and node.kind in ("octave", "octave_line"):
            want = DOUBLE
        elif want == SINGLE and place in self._double and node.kind not in _CHEAP:
            wide = self._lower(place, DOUBLE, stage)
            after = stage + (node.kind == "normalize")
            return self._step(Step("narrow", SINGLE, (wide,), (), after))
        if node.kind in ("upsample", "fill") and want == DOUBLE:
            node = self._unrounded(node)
        bending = _BENDING.get(node.kind, ())
        inputs = tuple(
            self._lower(one, DOUBLE if taken in bending or want == DOUBLE else SINGLE, stage)
            for taken, one in enumerate(node.inputs)
        )
        return self._step(Step(node.kind, want, inputs, node.data, stage))

    def _unrounded(self, node: Node) -> Node:
        """A signal from a gain, which is rounded to float32, as one from what it is made of."""
        gain = self._nodes[node.inputs[0]]
        if gain.kind != "gain":
            return node
        level, control = gain.inputs
        if gain.rate == VALUE:
            return node._replace(inputs=(level,))
        return node._replace(inputs=(self._found(Node("scale", CONTROL, (control, level))),))

    def _found(self, node: Node) -> int:
        if node not in self._nodes:
            self._nodes.append(node)
        return self._nodes.index(node)

    def _step(self, step: Step) -> int:
        if step not in self._places:
            self._places[step] = len(self._steps)
            self._steps.append(step)
        return self._places[step]

    def _part_normalized(self, outputs: list[int]) -> None:
        """Give each peak's division a signal of its own, which it changes where it lies."""
        for place, step in enumerate(self._steps):
            if step.kind != "normalize":
                continue
            (taken,) = step.inputs
            others = [
                one
                for other, one in enumerate(self._steps)
                if other != place and taken in one.inputs and one.stage > self._steps[taken].stage
            ]
            same = [
                one
                for other, one in enumerate(self._steps)
                if other < place and one.kind == "normalize" and taken in one.inputs
            ]
            kind = self._steps[taken].kind
            if others or same or taken in outputs or kind in _NOT_WRITTEN_THROUGH:
                copied = Step("copy", step.rate, (taken,), (place,), step.stage)
                self._steps.append(copied)
                self._steps[place] = replace(step, inputs=(len(self._steps) - 1,))

    def _ends(self, outputs: list[int]) -> list[int | None]:
        """Return for each stage the step that tells where all that is kept of it ends."""
        stages = 1 + max(step.stage for step in self._steps)
        kept: list[list[int]] = [[] for _ in range(stages)]
        takers: dict[int, list[Step]] = {}
        for one in self._steps:
            for place in one.inputs:
                takers.setdefault(place, []).append(one)
        for place, step in enumerate(self._steps):
            later = any(
                one.stage > step.stage or one.kind == "normalize" for one in takers.get(place, ())
            )
            if step.is_audio and (later or place in outputs):
                kept[step.stage].append(place)
        return [self._all_ended(places) for places in kept]

    def _all_ended(self, places: list[int]) -> int | None:
        ends = [self._end(place) for place in places]
        found = [end for end in ends if end is not None]
        return self._joined("larger", found) if found and len(found) == len(ends) else None

    def _end(self, place: int) -> int | None:
        """Return the step that tells where a signal becomes 0 for good; None where it does not."""
        step = self._steps[place]
        if step.kind == "upsample":
            return self._step(Step("sounding", VALUE, step.inputs))
        if step.kind in ("scale", "copy", "narrow", "normalize"):
            return self._end(step.inputs[0])
        if step.kind == "multiply" and step.is_audio:
            return self._either([self._end(one) for one in step.inputs])
        if step.kind == OWN:
            return self._end_of_formula(step)
        if step.kind == "mix":
            pairs = zip(step.inputs[::2], step.inputs[1::2], strict=True)
            ends = [self._either([self._end(a), self._end(b)]) for a, b in pairs]
            found = [end for end in ends if end is not None]
            return self._joined("larger", found) if len(found) == len(ends) else None
        return None

    def _end_of_formula(self, step: Step) -> int | None:
        """A formula is silent where one of its signals is, or all are, if it then gives 0."""
        (formula,) = step.data
        assert isinstance(formula, Formula), "such a step carries its formula"
        audio = [self._steps[one].is_audio for one in step.inputs]
        ends = [
            self._end(one) for one, is_audio in zip(step.inputs, audio, strict=True) if is_audio
        ]
        alone = [
            self._end(step.inputs[k])
            for k, is_audio in enumerate(audio)
            if is_audio and formula.silent([k == one for one in range(len(audio))])
        ]
        if (end := self._either(alone)) is not None:
            return end
        found = [end for end in ends if end is not None]
        if len(found) < len(ends) or not formula.silent(audio):
            return None
        return self._joined("larger", found)

    def _either(self, ends: list[int | None]) -> int | None:
        found = [end for end in ends if end is not None]
        return self._joined("smaller", found) if found else None

    def _joined(self, kind: str, ends: list[int]) -> int:
        joined = ends[0]
        for end in ends[1:]:
            if end != joined:
                joined = self._step(Step(kind, VALUE, (joined, end)))
        return joined

    def _ordered(self, outputs: list[int], names: list[str], ends: list[int | None]) -> Program:
        """Return the steps that are needed: numbers and control signals first, then by stage."""
        order: list[int] = []
        seen: set[int] = set()
        for root in (*outputs, *(end for end in ends if end is not None)):
            waiting = [(root, False)]
            while waiting:
                place, ready = waiting.pop()
                if ready:
                    order.append(place)
                elif place not in seen:
                    seen.add(place)
                    waiting.append((place, True))
                    waiting += [(one, False) for one in reversed(self._steps[place].inputs)]
        order.sort(key=self._rank)
        new = {place: number for number, place in enumerate(order)}
        steps = tuple(
            replace(self._steps[place], inputs=tuple(new[one] for one in self._steps[place].inputs))
            for place in order
        )
        return Program(
            steps,
            new[outputs[0]],
            tuple(None if end is None else new[end] for end in ends),
            tuple(zip(names, (new[one] for one in outputs[1:]), strict=False)),
            tuple(
                (new[one], low, high, name)
                for one, (_, low, high, name) in zip(
                    outputs[1 + len(names) :], self._checks, strict=True
                )
            ),
            {new[place]: name for place, name in self._labels.items() if place in new},
        )

    def _rank(self, place: int) -> int:
        step = self._steps[place]
        return 1 + step.stage if step.is_audio else 0
