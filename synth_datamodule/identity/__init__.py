"""Which data a split is: a fingerprint to cite it by, a manifest to verify it against.

Lies below the data module, which asks it for fingerprints: a split is identified by its synth and
its sound numbers alone, and verified without Lightning.
"""

from synth_datamodule.identity.compare import Difference, compare
from synth_datamodule.identity.definition import SplitDefinition
from synth_datamodule.identity.document import from_json, to_json
from synth_datamodule.identity.files import find_manifest, shipped_manifests, write_manifest
from synth_datamodule.identity.fingerprint import describe
from synth_datamodule.identity.manifest import Block, Manifest, Noise
from synth_datamodule.identity.verify import Verdict, verify
from synth_datamodule.patching.recipe import SynthRecipe as SynthDefinition

__all__ = [
    "Block",
    "Difference",
    "Manifest",
    "Noise",
    "SplitDefinition",
    "SynthDefinition",
    "Verdict",
    "compare",
    "describe",
    "find_manifest",
    "from_json",
    "shipped_manifests",
    "to_json",
    "verify",
    "write_manifest",
]
