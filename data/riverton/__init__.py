"""Riverton, an invented city: the plan of its programs and the makers of its tables."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))  # so that a checkout needs no installation
