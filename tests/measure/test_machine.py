import importlib.metadata
import platform

import pytest
import torch

from synth_datamodule.measure.machine import Machine, this_machine

CPU = torch.device("cpu")


def test_a_machine_says_what_a_figure_depends_on():
    machine = this_machine(CPU)
    assert machine.device == machine.processor != ""
    assert machine.threads == torch.get_num_threads()
    assert machine.versions["Python"] == platform.python_version()
    assert machine.versions["torch"] == importlib.metadata.version("torch")


def test_what_is_not_installed_has_no_version(monkeypatch):
    found = importlib.metadata.version

    def version(name):
        if name == "triton":
            raise importlib.metadata.PackageNotFoundError(name)
        return found(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    versions = this_machine(CPU).versions
    assert "triton" not in versions
    assert "numba" in versions


def test_a_machine_without_a_gpu_is_named_once():
    machine = Machine("An EPYC", "An EPYC", 2, {"Python": "3.11.7", "torch": "2.14.1"})
    assert str(machine) == "An EPYC, 2 threads; Python 3.11.7, torch 2.14.1"


@pytest.mark.gpu
def test_a_gpu_has_its_own_name():
    assert this_machine(torch.device("cuda")).device == torch.cuda.get_device_name()
