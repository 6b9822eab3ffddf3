"""A script for each question about speed or quality."""
