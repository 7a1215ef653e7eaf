"""Dongting (洞庭): share information between organisations, under terms, with proof."""

__version__ = "0.1.0"
