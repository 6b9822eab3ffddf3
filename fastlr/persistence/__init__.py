"""Low-level file formats: the safetensors container and the JSON encoding of Python values."""
