"""Fixtures of the pages' tests: a browser, small pages."""

import pytest
from browser import browser, page

from synth_datamodule import cli

__all__ = ["browser", "page"]

SMALL = ("--seconds", "0.5", "--sample_rate", "16000", "--control_rate", "100")


@pytest.fixture(scope="session")
def listen(tmp_path_factory):
    """Return a function that runs the command and returns the page that it wrote."""

    def run(*words, name="page.html", small=True):
        out = tmp_path_factory.mktemp("pages") / name
        status = cli.main(["listen", *words, "--out", str(out), *(SMALL if small else ())])
        assert status == 0
        return out

    return run


@pytest.fixture(scope="session")
def forty(listen):
    """Return a page of 40 short sounds."""
    return listen("0-39")
