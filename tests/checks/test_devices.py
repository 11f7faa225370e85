"""Checks of devices: known, and there."""

import pytest
import torch

from synth_datamodule import checks

NAN = float("nan")


@pytest.mark.parametrize("value", ["cpu", torch.device("cpu")], ids=repr)
def test_a_device_to_compute_on_comes_back_as_one(value):
    assert checks.compute_device("device", value) == torch.device("cpu")


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("meta", ValueError, r"^device must be 'cpu' or a CUDA device, got 'meta'$"),
        ("cuda:2", ValueError, r"^device must be there, got 'cuda:2' and 2 CUDA devices$"),
        (torch.device("cuda", 3), ValueError, r"^device must be there, got 'cuda:3' and 2 CUDA"),
        (2, ValueError, r"^device must be there, got '2' and 2 CUDA devices$"),
        ("gpu", ValueError, r"^device must be a device, such as 'cpu' or 'cuda:0', got 'gpu'$"),
        (None, TypeError, r"^device must be a device, .*, got None \(NoneType\)$"),
        (True, TypeError, r"^device must be a device, .*, got True \(bool\)$"),
    ],
    ids=repr,
)
def test_a_device_that_is_not_there_is_an_error(monkeypatch, value, error, message):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(error, match=message):
        checks.compute_device("device", value)


@pytest.mark.parametrize("value", ["cuda", "cuda:0", "cuda:1"])
def test_a_cuda_device_that_is_there_comes_back(monkeypatch, value):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert checks.compute_device("device", value) == torch.device(value)


def test_a_device_is_the_first_of_its_kind_where_it_has_no_number(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert checks.compute_device("device", "cuda") == torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert checks.compute_device("device", "cpu") == torch.device("cpu")
    with pytest.raises(ValueError, match=r"^device must be there, got 'cuda' and 0 CUDA devices$"):
        checks.compute_device("device", "cuda")


def test_a_device_is_tried_but_for_the_cpu(monkeypatch):
    tried = []
    monkeypatch.setattr(torch, "empty", lambda *sizes, **made: tried.append((sizes, made)))
    assert checks.device("device", "mps") == torch.device("mps")
    assert checks.device("device", "cpu") == torch.device("cpu")
    (of_mps,) = tried
    assert of_mps == ((0,), {"dtype": torch.float32, "device": torch.device("mps")})


def test_a_device_to_compute_on_is_called_by_its_arguments_name(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(ValueError, match=r"^place must be there, got 'cuda' and 0 CUDA devices$"):
        checks.compute_device("place", "cuda")


def test_a_device_without_values_is_a_device_and_no_place_for_sounds():
    assert checks.device("device", "meta") == torch.device("meta")
    with pytest.raises(ValueError, match=r"^device must be one that holds values, got 'meta'$"):
        checks.rendering_device("device", "meta")
    with pytest.raises(ValueError, match=r"^place must be there, got 'xla'$"):
        checks.rendering_device("place", "xla")
    assert checks.rendering_device("device", "cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["xla", "hpu:1"])
def test_a_device_of_another_kind_must_be_there(name):
    with pytest.raises(ValueError, match=f"^device must be there, got '{name}'$"):
        checks.device("device", name)


@pytest.mark.parametrize("value", [True, False, 1.0, [], b"cpu"], ids=repr)
def test_what_names_no_device_is_an_error(value):
    with pytest.raises(TypeError, match=r"^device must be a device, .*, got"):
        checks.device("device", value)
