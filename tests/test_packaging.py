"""What the package says of itself, where it is built from and what it needs."""

import ast
import configparser
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import synth_datamodule

ROOT = Path(__file__).parents[1]
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")
CLASSIFIERS = SETUP["metadata"]["classifiers"].split("\n")
EXTRAS = SETUP["options.extras_require"]
NOT_DECLARED = {"triton": "comes with torch where there is a GPU that it compiles for"}
OPTIONAL = {"lightning"}  # taken where it is installed; the tests need it
# Declared, and imported by what we import.
THROUGH_OTHERS = {"jsonargparse": "Lightning's command line"}
INSTALLED = importlib.metadata.packages_distributions()
FOLDERS = ["synth_datamodule", "tests", "notebooks", "docs", "results", ".ci", ".github"]
FLOOR = re.compile(r"(?P<name>[\w.-]+)(\[[\w,]+\])?>=(?P<version>[\d.]+)(,!=[\d.]+)*")


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def requirements(listed):
    """Return the lines that are neither empty nor an extra of our own."""
    return [line for line in listed.split("\n") if line and not line.startswith("synth_datamodule")]


def names(listed):
    return {
        FLOOR.fullmatch(line)["name"].replace("_", "-").lower() for line in requirements(listed)
    }


def top_level_imports(folder):
    found = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module]
            else:
                continue
            for module in modules:
                found.setdefault(module.split(".")[0], path.relative_to(ROOT).as_posix())
    own = {"synth_datamodule"}
    if folder == "tests":  # beside the packages', where they are run by path
        own |= {path.stem for path in (ROOT / folder).rglob("*.py")} | {"bad"}
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names | own}


def distributions(module):
    """Return what a module may be installed as."""
    return {name.replace("_", "-").lower() for name in INSTALLED.get(module, [module])}


def undeclared(folder, declared):
    return {
        module: path
        for module, path in top_level_imports(folder).items()
        if module not in NOT_DECLARED and not distributions(module) & declared
    }


def test_all_that_the_package_imports_is_declared():
    extras = set().union(*(names(EXTRAS[extra]) for extra in EXTRAS if extra != "test"))
    declared = names(SETUP["options"]["install_requires"]) | extras | OPTIONAL
    assert undeclared("synth_datamodule", declared) == {}


def test_all_that_the_tests_import_is_declared():
    declared = names(SETUP["options"]["install_requires"])
    assert undeclared("tests", declared.union(*map(names, EXTRAS.values()))) == {}


def test_all_that_is_required_is_imported():
    imported = set().union(*map(distributions, top_level_imports("synth_datamodule")))
    assert names(SETUP["options"]["install_requires"]) - imported <= THROUGH_OTHERS.keys()


@pytest.mark.skipif(
    (ROOT / "PKG-INFO").exists(), reason="an sdist's setup.cfg is written anew, without comments"
)
def test_each_requirement_stands_below_its_reason_and_has_a_floor():
    block = text_of("setup.cfg").split("install_requires =\n")[1].split("\n\n")[0]
    lines = [line.strip() for line in block.split("\n")]
    required = [line for line in lines if not line.startswith("#")]
    assert required == requirements(SETUP["options"]["install_requires"])
    assert [line for line in required if not FLOOR.fullmatch(line)] == []
    assert [line for line in required if not lines[lines.index(line) - 1].startswith("# ")] == []


def test_the_lowest_versions_of_all_that_is_declared_can_be_tested():
    script = [sys.executable, str(ROOT / ".ci" / "floors")]
    found = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    pinned = dict(line.split("==") for line in found.splitlines())
    declared = names(SETUP["options"]["install_requires"]).union(*map(names, EXTRAS.values()))
    assert pinned.keys() == declared - {"ruff", "mypy"}
    assert pinned["torchmetrics"] == "1.2.1"


def test_the_address_is_said_in_one_place_and_cited():
    url = SETUP["metadata"]["url"]
    assert re.search(r'^url: "(.*)"$', text_of("CITATION.cff"), re.MULTILINE)[1] == url
    said = [
        path.relative_to(ROOT).as_posix()
        for pattern in ("*.*", ".github/**/*.*", "synth_datamodule/**/*.py", "notebooks/*.ipynb")
        for path in ROOT.glob(pattern)
        if path.is_file() and url in path.read_text(encoding="utf-8", errors="replace")
    ]
    assert sorted(said) == ["CITATION.cff", "setup.cfg"]


def test_the_version_is_the_same_wherever_it_is_said():
    version = SETUP["metadata"]["version"]
    assert synth_datamodule.__version__ == version
    assert f"\nversion: {version}\n" in text_of("CITATION.cff")
    assert (
        re.search(r"^## (?!Unreleased)(\S+)", text_of("CHANGELOG.md"), re.MULTILINE)[1] == version
    )


def test_author_and_licence_are_the_same_wherever_they_are_said():
    citation = text_of("CITATION.cff")
    assert f"\nauthors:\n  - name: {SETUP['metadata']['author']}\n" in citation
    assert f"\nlicense: {SETUP['metadata']['license']}\n" in citation
    assert "Apache License" in text_of("LICENSE")


def test_pyproject_says_the_name_and_leaves_the_facts_to_setup_cfg():
    table = re.search(r"^\[project\]\n(.*?)^\[", text_of("pyproject.toml"), re.S | re.M)[1]
    assert re.findall(r"^([\w-]+) = ", table, re.MULTILINE) == ["name", "dynamic"]
    assert f'name = "{SETUP["metadata"]["name"]}"' in table


def test_the_oldest_and_the_newest_python_are_the_tested_ones():
    versions = [line.split()[-1] for line in CLASSIFIERS if re.search(r":: 3\.\d+$", line)]
    assert SETUP["options"]["python_requires"] == f">={versions[0]}"
    workflow = text_of(".github/workflows/test.yml")
    assert f'python: ["{versions[0]}", "{versions[-1]}"]' in workflow


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("*.md")))
def test_a_link_to_a_file_leads_to_one(name):
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", text_of(name))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_sdist_has_what_its_tests_need(tmp_path):
    pytest.importorskip("setuptools", minversion="77")
    tree = tmp_path / "tree"
    for folder in FOLDERS:
        left_out = shutil.ignore_patterns("__pycache__", ".*_cache", ".ipynb_checkpoints")
        shutil.copytree(ROOT / folder, tree / folder, ignore=left_out)
    for path in filter(Path.is_file, ROOT.iterdir()):
        shutil.copy(path, tree)
    subprocess.run(
        [sys.executable, "-c", "from setuptools.build_meta import *; build_sdist('..')"],
        cwd=tree,
        capture_output=True,
        check=True,
    )
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        inside = {name.partition("/")[2] for name in packed.getnames()}
    needed = {
        path.relative_to(tree).as_posix()
        for folder in FOLDERS
        for path in (tree / folder).rglob("*")
        if path.is_file()
    }
    needed |= {path.name for path in tree.glob("*.md")}
    needed |= {"LICENSE", "CITATION.cff", "setup.cfg", "pyproject.toml", "MANIFEST.in"}
    assert {"tests/golden/synth1b1.npz", "tests/conftest.py", "CHANGELOG.md"} <= needed
    assert needed <= inside
