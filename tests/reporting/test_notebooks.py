from types import SimpleNamespace

import pytest

from synth_datamodule.reporting import in_notebook, new_figure


@pytest.fixture
def kernel(monkeypatch):
    """A notebook's shell, as IPython makes it."""
    ipython = pytest.importorskip("IPython")
    pytest.importorskip("matplotlib")
    from IPython.core.formatters import DisplayFormatter

    events = SimpleNamespace(register=lambda *_: None)  # which pyplot asks for
    shell = SimpleNamespace(kernel=None, display_formatter=DisplayFormatter(), events=events)
    monkeypatch.setattr(ipython, "get_ipython", lambda: shell)
    return shell


def test_a_plain_process_is_no_notebook_and_a_kernel_is(kernel, monkeypatch):
    assert in_notebook()
    monkeypatch.setattr("IPython.get_ipython", lambda: None)
    assert not in_notebook()


def shown(kernel, figure):
    figure.subplots()
    return set(kernel.display_formatter.format(figure)[0])


def test_a_notebook_shows_a_figure_that_pyplot_has_not_made(kernel):
    assert shown(kernel, new_figure((1, 1))) == {"text/plain", "image/png"}


def test_a_format_that_was_chosen_stays(kernel):
    from IPython.core.pylabtools import select_figure_formats

    select_figure_formats(kernel, {"svg"})
    assert shown(kernel, new_figure((1, 1))) == {"text/plain", "image/svg+xml"}
