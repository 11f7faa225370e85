import base64
import io
import json

import pytest
import soundfile
import torch

from synth_datamodule.listening.encoding import as_bytes, as_letters, encoded, script_json

RATE = 44100


@pytest.fixture
def tone():
    return torch.sin(torch.arange(3 * 2**15 + 11) * 0.05)


def decoded(content):
    return soundfile.read(io.BytesIO(content), dtype="float32")


def test_vorbis_keeps_length_rate_and_sound(tone):
    audio, rate = decoded(encoded(tone, RATE, "ogg"))
    assert rate == RATE
    assert len(audio) == len(tone)
    assert (torch.from_numpy(audio) - tone).square().mean().sqrt() < 0.02


def test_flac_is_the_nearest_of_24_bits(tone):
    audio, _ = decoded(encoded(tone, RATE, "flac"))
    assert (torch.from_numpy(audio) - tone).abs().max() <= 2.0**-23


@pytest.mark.parametrize("value", [1.5, float("nan"), float("-inf")])
def test_a_sound_beyond_full_scale_is_refused(value):
    with pytest.raises(ValueError, match=r"must be samples in \[-1, 1\]"):
        encoded(torch.tensor([0.0, value]), RATE, "ogg")


@pytest.mark.parametrize(("rate", "kind"), [(1000, "ogg"), (400_000, "ogg"), (700_001, "flac")])
def test_a_rate_that_a_format_has_not_is_refused(rate, kind):
    with pytest.raises(ValueError, match="sample_rate of"):
        encoded(torch.zeros(8), rate, kind)


def test_numbers_are_bytes_from_least_to_most():
    text = as_bytes(torch.tensor([-1.0, 0.0, 1.0, 7.0]), -1.0, 1.0)
    assert list(base64.b64decode(text)) == [0, 128, 255, 255]


def test_numbers_are_letters_in_base64s_order():
    assert as_letters(torch.arange(64) / 63) == (
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    )


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "a\u2028b\ud800", "&lt;"])
def test_nothing_in_json_ends_its_script(text):
    written = script_json({text: text})
    assert "<" not in written
    assert written.isascii()
    assert json.loads(written) == {text: text}
