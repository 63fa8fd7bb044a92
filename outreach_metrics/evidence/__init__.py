"""Estimates -> words: strength of evidence, what may be said, what speaks against it, what is missing."""
