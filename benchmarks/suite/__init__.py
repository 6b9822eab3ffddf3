"""The asv suite: see ``benchmarks/README.md``. It stands on the modules beside this folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
