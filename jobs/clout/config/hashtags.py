"""What a hashtag is in a text, in whatever script."""

from __future__ import annotations

import re

#: Signs that Unicode counts as marks on letters, not as letters: vowels in most scripts of India, points, accents.
MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u0900-\u0903\u093a-\u094f\u0951-\u0957"
    "\u0962\u0963\u0980-\u0dff\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ecd\u0f71-\u0f84\u102b-\u103e\u17b4-\u17d3\u200c\u200d"
)
HASHTAG = re.compile(rf"(?<![\w/&#])#([^\W_][\w{MARKS}]*)")
