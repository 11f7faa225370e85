"""Every argument's line makes sense alone, as an editor shows it."""

import ast
import re
from pathlib import Path

import pytest

import synth_datamodule

PACKAGE = Path(synth_datamodule.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
# A line that begins so hangs on a noun that is not there.
DANGLING = {"Of", "What", "Where", "That", "Its", "Whose", "Likewise"}
SECTION = re.compile(r"(Args|Returns|Yields|Raises|Example|Examples|Note|Attributes):")


def section(docstring, name):
    """Return the lines of a section, without their common indent."""
    lines, inside = [], False
    for line in docstring.splitlines():
        if SECTION.fullmatch(line):
            inside = line == f"{name}:"
        elif inside and line and not line.startswith(" "):
            inside = False
        elif inside:
            lines.append(line[4:])
    return lines


def told(docstring):
    """Return what is told of each argument, and of what is returned, by name."""
    found = {}
    for line in section(docstring, "Args"):
        if match := re.match(r"(\*{0,2}\w+)(?: \(.*?\))?: ?(.*)", line):
            name, found[match[1]] = match[1], match[2]
        elif line.strip():
            found[name] += " " + line.strip()
    for name in ("Returns", "Yields"):
        if lines := section(docstring, name):
            found[name] = " ".join(line.strip() for line in lines)
    return found


def dangling(source):
    """Return the lines of a source's docstrings that do not make sense alone."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for name, text in told(ast.get_docstring(node) or "").items():
                words = re.findall(r"[\w']+", text)
                if not words or words[0] in DANGLING:
                    found.append(f"{node.name}, {name}: {text}")
    return found


@pytest.mark.parametrize(
    "path", FILES, ids=[path.relative_to(PACKAGE).as_posix() for path in FILES]
)
def test_the_line_of_an_argument_is_no_clause_without_its_noun(path):
    assert dangling(path.read_text(encoding="utf-8")) == []


def test_a_dangling_line_is_seen_wherever_it_stands():
    source = '''
class Bell:
    """Rings.

    Args:
        pitch: Where it
            rings.
        loud: Loudness in dB. Where it is None, silence.
        *rest (int): Likewise.

    That is all.

    Raises:
        ValueError: Of course.
    """

    def ring(self, times):
        """Ring.

        Args:
            times:

        Returns:
            What is heard.
        """
'''
    assert dangling(source) == [
        "Bell, pitch: Where it rings.",
        "Bell, *rest: Likewise.",
        "ring, times: ",
        "ring, Returns: What is heard.",
    ]
