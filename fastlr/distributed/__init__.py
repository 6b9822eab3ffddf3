"""Training on rows in partitions, wherever these are: in this process, in local processes, or on a cluster."""
