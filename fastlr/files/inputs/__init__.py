"""Where data comes from: files, folders, archives, URLs, workbooks and databases, as streams of bytes."""
