"""Pure codecs for outside standards, one folder each, each pinned to a revision."""
