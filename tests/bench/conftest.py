"""Lets the tests import the scripts by the names that they import each other by."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
