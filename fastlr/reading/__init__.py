"""Files of labelled texts, read in batches: TSV, CSV, JSON Lines, fastText and Vowpal Wabbit, compressed or plain."""
