"""Files of labelled texts, read in batches: TSV, CSV, JSON Lines, fastText's and Vowpal Wabbit's formats, plain or compressed."""
