import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.searching import Shares, index_of, refine
from synth_datamodule.synths import OneOscillator

SHORT = {"sample_rate": 16000, "buffer_size_seconds": 0.5, "control_rate": 400}


@pytest.fixture(scope="module")
def voice():
    return Voice(SynthConfig(no_grad=False, **SHORT))


@pytest.fixture(scope="module")
def index(voice):
    with torch.no_grad():
        return index_of([voice.render_sounds(range(64))], voice.sample_rate)


@pytest.fixture(scope="module")
def heard(voice):
    with torch.no_grad():
        return voice.render_sounds([100, 101, 102])


def rows(batch):
    return batch.index % 32


@pytest.mark.parametrize("renders", [1, 2, 31, 33, 100])
def test_no_more_is_rendered_than_the_budget_and_what_is_rendered_is_told(
    voice, index, heard, renders, monkeypatch
):
    counted = [0]
    render = Voice.render

    def counting(self, parameters, *args):
        counted[0] += len(parameters) * (3 if parameters.requires_grad else 1)
        return render(self, parameters, *args)

    monkeypatch.setattr(Voice, "render", counting)
    found = refine(voice, heard.audio, rows(heard), index, renders=renders)
    assert found.renders.sum() == counted[0]
    assert (found.renders == renders).all()


def test_a_sound_of_the_index_is_found_to_the_bit(voice, index):
    with torch.no_grad():
        there = voice.render_sounds([3, 50])
    found = refine(voice, there.audio, rows(there), index, renders=60)
    assert torch.equal(voice.render(found.parameters, rows(there)), there.audio)
    assert (found.distances == 0).all()
    assert (found.renders < 60).all()


def test_a_target_is_found_alone_as_among_others(voice, index, heard):
    together = refine(voice, heard.audio, rows(heard), index, renders=60)
    for place in range(len(heard.index)):
        one = slice(place, place + 1)
        alone = refine(voice, heard.audio[one], rows(heard)[one], index, renders=60)
        assert torch.equal(alone.parameters, together.parameters[one])
        assert torch.equal(alone.distances, together.distances[one])


def test_the_same_is_found_again_and_with_another_seed_another(voice, index, heard):
    first, again, other = (
        refine(voice, heard.audio, rows(heard), index, renders=80, seed=seed).parameters
        for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("threads", [1, 3])
def test_what_is_found_does_not_depend_on_the_number_of_threads(voice, index, heard, threads):
    expected = refine(voice, heard.audio, rows(heard), index, renders=60)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        found = refine(voice, heard.audio, rows(heard), index, renders=60)
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert torch.equal(found.parameters, expected.parameters)


def test_more_renders_find_nearer_sounds(voice, index, heard):
    few, many = (
        refine(voice, heard.audio, rows(heard), index, renders=renders) for renders in (40, 400)
    )
    assert (many.distances < few.distances).all()


def test_each_stage_finds_nearer_sounds_than_the_nearest(voice, index, heard):
    nearest = Shares(retrieved=1, descent=0.0, brood=0)
    start = refine(voice, heard.audio, rows(heard), index, shares=nearest).distances
    for shares in (
        Shares(descent=0.0, brood=0),
        Shares(retrieved=1, descent=0.0),
        Shares(retrieved=1, brood=0),
    ):
        found = refine(voice, heard.audio, rows(heard), index, renders=100, shares=shares)
        assert (found.distances <= start).all()
        assert (found.distances < start).any()


def test_a_target_is_sought_from_given_starts(voice, heard):
    starts = voice.draw(range(300, 312)).view(3, 4, -1)
    found = refine(voice, heard.audio, rows(heard), starts, renders=4, shares=Shares(descent=0.0))
    assert (found.parameters[:, None] == starts).all(2).any(1).all()


def test_pinned_parameters_stay(heard):
    pinned = {"vco_1.tuning": 0.0, "adsr_1.attack": 0.1}
    voice = Voice(SynthConfig(no_grad=False, **SHORT), pinned=pinned)
    with torch.no_grad():
        index = index_of([voice.render_sounds(range(16))], voice.sample_rate)
    found = refine(voice, heard.audio, None, index, renders=80)
    values = voice.parameter_table.to_physical(found.parameters)
    for name, value in pinned.items():
        column = values[:, voice.parameter_table.column(name)]
        assert torch.allclose(column, torch.full_like(column, value), atol=1e-6)


def test_a_silent_target_is_found(voice, index):
    silence = torch.zeros(1, voice.synthconfig.buffer_size)
    found = refine(voice, silence, None, index, renders=60)
    assert found.distances.isfinite().all()
    assert found.parameters.isfinite().all()


def test_an_index_at_another_rate_is_refused(index, heard):
    other = Voice(SynthConfig(no_grad=False, **{**SHORT, "sample_rate": 8000}))
    audio = heard.audio[:, :4000].contiguous()
    with pytest.raises(ValueError, match="an index at the voice's 8000 Hz, got one at 16000 Hz"):
        refine(other, audio, None, index)


def test_a_voice_without_a_gradient_is_refused(index, heard):
    with pytest.raises(ValueError, match="voice must have a gradient"):
        refine(Voice(SynthConfig(**SHORT)), heard.audio, None, index)


def test_another_patch_is_refused(index, heard):
    other = OneOscillator(SynthConfig(no_grad=False, **SHORT))
    with pytest.raises(ValueError, match="voice must be a Voice with its own patch"):
        refine(other, heard.audio, None, index)
