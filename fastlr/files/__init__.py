"""Files: one module per format, in the registry `fastlr.files.registry`; data are read and written in batches."""
