"""Lets the tests of this folder import `foreign_faces`, which makes their files."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
