"""Records the digests again, after a change that is to change results: ``cd tests && python -m golden.record``."""

import json

from golden.recipes import DIGESTS, RECIPES, compute, digests

if __name__ == "__main__":
    lines = [f" {json.dumps(name)}: {json.dumps(digests(compute(name, 'cython')))}" for name in RECIPES]
    DIGESTS.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
