"""Finds the brands that a post speaks of, by its hashtags, phrases of two words or more, and the accounts that it mentions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clout.config.brand_settings import PREFIX, Brand
from clout.config.topic_files import plain
from clout.score.post_words import in_words, is_denied, puns_in
from clout.score.topic_matcher import MENTION, PHRASE, TAG


class BrandMatcher:
    """The brands of an operator, in the form in which they are looked up."""

    def __init__(self, brands: Sequence[Brand]) -> None:
        self._tags = {plain(tag): brand.slug for brand in brands for tag in brand.hashtags}
        self._accounts = {key: brand.slug for brand in brands for key in brand.accounts}
        self._phrases = {in_words(phrase)[1]: brand.slug for brand in brands for phrase in brand.phrases}
        self._first = {words[0] for words in self._phrases}

    def topics(self, author: str, text: str | None, tags: Iterable[str], mentions: Iterable[str]) -> dict[str, str]:
        """brand:slug -> how it was found. What the brand's own account says is none, and what the text denies is none."""
        found: dict[str, str] = {}
        puns = puns_in(text)
        for key in mentions:
            if key in self._accounts:
                found.setdefault(self._accounts[key], MENTION)
        for tag in tags:
            if (name := plain(tag)) in self._tags and name not in puns:
                found[self._tags[name]] = TAG
        if text and self._first:
            _, words = in_words(text)
            for at in (at for at, word in enumerate(words) if word in self._first):
                for phrase, slug in self._phrases.items():
                    if words[at : at + len(phrase)] == phrase and not is_denied(words, at):
                        found.setdefault(slug, PHRASE)
        own = self._accounts.get(author)
        return {PREFIX + slug: how for slug, how in found.items() if slug != own}
