"""How the sandbox misbehaves on command, and the rate limits that it counts for each client.

A misbehaviour strikes the requests whose `host/path` holds a word of its own (`where`), or the word given with it:
`NAME`, `NAME=TIMES` (the first few requests only), `NAME=TIMES@WORD` or `NAME@WORD`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

WINDOW = 300  # seconds, where WINDOWS says nothing else
WINDOWS = {"x": 900, "facebook": 3600, "linkedin": 86_400, "github": 3600, "youtube": 86_400}
BLUESKY, MASTODON, X = "murmur.test/", ".example/", "birdsite.test/"
FACEBOOK, LINKEDIN, WIKIPEDIA = "pages.test/", "organisations.test/", "views.test/"
HOUR, GITHUB, YOUTUBE = "archive.events.test/", r"\.events\.test/", r"videos\.test/"
PAGED = "getAuthorFeed|getLikes|getRepostedBy|getQuotes|getFollowers|getFollows|listRecords"
PAGED += "|/statuses$|favourited_by|reblogged_by|/followers|/following"
PAGED += "|/published_posts|/tagged|/comments|/rest/posts|/rest/reactions"
PAGED += "|/playlistItems|/commentThreads"
PAGED += "|/2/.*/(tweets|mentions|recent|retweets|quote_tweets|liking_users)$"
POSTS = "getAuthorFeed|getPosts|getQuotes|getPostThread"
ACCOUNTS = r"\.example/api/v1/accounts/"
STATUSES = r"/statuses$|/statuses/\d+$|/context"

# name: (which requests, what it does)
MISBEHAVIOURS = {
    # all platforms
    "repeated_cursor": (PAGED, "the second page's cursor leads to the second page"),
    "empty_page": (PAGED, "the first page is empty and has a cursor; the next one begins at the beginning"),
    "short_pages": (PAGED, "fewer items than asked for, and a cursor"),
    "endless_pages": (PAGED, "empty pages, each with a new cursor"),
    "moving_item": (PAGED, "the last item of a page is on the next one too"),
    "html": ("", "200 with a page of HTML"),
    "cut": ("", "the connection ends in the middle of the body"),
    "slow": ("", "the answer takes two seconds"),
    "unavailable": ("", "503 without a time"),
    "broken": ("", "500"),
    "too_many_requests": ("", "429 with the platform's headers, whatever was counted"),
    "too_many_requests_bare": ("", "429 whose headers were lost on the way"),
    "retry_after_zero": (BLUESKY, "429 with Retry-After: 0"),
    "skewed_clock": ("", "Date and resets are three hours ahead"),
    "negative_counts": (
        rf"{BLUESKY}|{MASTODON}|{X}",
        "counters of -1 for every third person and post; on Mastodon of people alone, as where they hide them",
    ),
    "redirect_away": ("", "302 to the same path on another host"),
    # Bluesky
    "absent_counts": (BLUESKY, "no counters in profiles and posts"),
    "lying_times": (BLUESKY, "createdAt in 1970 or 2099 for two of three records"),
    "blocked_posts": ("getPostThread|getAuthorFeed", "blockedPost and notFoundPost in the place of some posts"),
    "changed_handle": (BLUESKY, "every fifth person has another handle, and the same DID"),
    "unknown_embed": (POSTS, "an embed of a $type that nobody knows"),
    "reason_pin": ("getAuthorFeed", "the pinned post stands first, unasked, and again at its place"),
    # Mastodon; always: ISO-8601 resets, no next link on the last page, the same people through two instances
    "no_link_on_last_page": (MASTODON, "no Link header at all on the last page, not even prev"),
    "link_elsewhere": (MASTODON, "the next link names another host"),
    "private_statuses": (MASTODON, "every other status is private or direct"),
    "quote_not_accepted": (MASTODON, "a quote's state is not accepted, and quoted_status null"),
    "boost_of_deleted": (STATUSES, "a boost whose reblog is null"),
    "no_uri": (MASTODON, "accounts and statuses without `uri`, which other software leaves out; their `url` is there"),
    "accounts_not_found": (ACCOUNTS, "404 for every third person; @/statuses: for what they wrote alone"),
    "accounts_gone": (ACCOUNTS, "410 for every third person; @/statuses: for what they wrote alone"),
    # X; always: ids beyond 2**53, no `data` where there is nothing, windows for each endpoint
    "new_dialect": (X, "fields are called post and repost, in answers and in questions"),
    "edited_posts": (
        X,
        "every fifth post was edited: it has two ids, and half of what refers to it names the former one",
    ),
    "unsigned_includes": (X, "posts that come along do not say who wrote them"),
    "errors_in_200": (X, "every third item of a list is an error in an answer that is otherwise good"),
    "usage_capped": (X, "429 for the rest of the month, with a near reset and requests left"),
    "credits_depleted": (X, "402"),
    "wrong_token_kind": (X, "403: the endpoint wants another kind of token"),
    "closed_instance": (MASTODON, "401 for the anonymous; choose one by its name: closed_instance@birch"),
    # Facebook; always: limits as HTTP 400, no shares where nobody shared, +0000, comments without from, the token in next
    "next_elsewhere": (FACEBOOK, "the next address names another host"),
    "hidden_authors": (f"{FACEBOOK}|{YOUTUBE}", "no comment has an author, as with another Page's token"),
    "no_summaries": (FACEBOOK, "no totals of reactions and comments, as where they may not be seen"),
    "metric_withdrawn": (FACEBOOK, "post_media_view is no metric any more"),
    "token_expired": (f"{FACEBOOK}|{LINKEDIN}", "code 190, and 401"),
    "no_permission": (FACEBOOK, "code 10"),
    **{f"code_{code}": (FACEBOOK, f"HTTP 403 with code {code}, without a time") for code in (4, 17, 32, 613, 80001)},
    # Wikipedia; always: a day late, days without views left out, 404 for what nobody read
    "retry_after_date": (WIKIPEDIA, "429 with an HTTP date in Retry-After"),
    # LinkedIn; always: a 429 without a time, epoch milliseconds, escaped URNs, reshares; posts never have a total
    "no_total": (LINKEDIN, "no total, in any list"),
    "old_version": (LINKEDIN, "426: this version is not answered any more"),
    "unpublished": ("/rest/posts", "every other post is a draft, or not for everybody"),
    # GitHub; always: ids that fall
    "missing_hour": (HOUR, "404 for an hour; choose some by their names: missing_hour@-7.json"),
    "cut_file": (HOUR, "the file itself is cut in its middle"),
    "bad_lines": (HOUR, "four lines that are no events: cut, HTML, a list, and two events in one"),
    "new_types": (HOUR, "three events of a type that nobody knows"),
    "old_events": (HOUR, "events as they were written from 2012 to 2014"),
    "one_line": (HOUR, "nothing but the first event"),
    "duplicate_events": (HOUR, "each event twice"),
    "null_payloads": (HOUR, "payload: null"),
    "secondary_limit": (GITHUB, "403 with Retry-After: 60"),
    # YouTube; always: counters as texts, absent where hidden, 403 where comments are turned off, no items where nobody is there
    "quota_exceeded": (YOUTUBE, "403: the day's units are spent"),
    "wrong_key": (YOUTUBE, "400: the key is not valid"),
    "comments_disabled": (YOUTUBE, "403 for every list of comments"),
    "hidden_counts": (YOUTUBE, "no number of subscribers, likes and comments"),
}


@dataclass
class Rule:
    """A misbehaviour that is on."""

    name: str
    times: int | None
    where: re.Pattern[str]

    @classmethod
    def of(cls, text: str) -> Rule:
        """Read NAME=TIMES@WORD."""
        head, _, word = text.partition("@")
        name, _, times = head.partition("=")
        if name not in MISBEHAVIOURS:
            raise ValueError(f"no misbehaviour {name!r}; there are {', '.join(MISBEHAVIOURS)}")
        return cls(name, int(times) if times else None, re.compile(re.escape(word) if word else MISBEHAVIOURS[name][0]))


@dataclass
class Rules:
    """The misbehaviours that are on. Its owner locks it."""

    rules: list[Rule] = field(default_factory=list)

    def strike(self, address: str) -> frozenset[str]:
        """The misbehaviours that strike a request; each counts."""
        struck = set()
        for rule in self.rules:
            own = re.search(MISBEHAVIOURS[rule.name][0], address)
            if rule.times != 0 and own and rule.where.search(address) and rule.name not in struck:
                struck.add(rule.name)
                rule.times = None if rule.times is None else rule.times - 1
        return frozenset(struck)


@dataclass
class Limiter:
    """Requests of each client to each host in the present window. Its owner locks it.

    Mastodon's windows lie on the clock's five minutes, LinkedIn's on the day; the others begin with a client's first request.
    X and LinkedIn count for each endpoint: their `host` here is host and endpoint.
    """

    limits: dict[str, int | None]  # for each platform; None: not limited
    used: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)

    def count(self, platform: str, host: str, client: str, clock: float) -> tuple[int, int, int] | None:
        """Limit, what remains (-1: refused), and when the window ends; None where there is no limit."""
        limit = self.limits[platform]
        if limit is None:
            return None
        start, number = self.used.get((host, client), (0, 0))
        window = WINDOWS.get(platform, WINDOW)
        if clock >= start + window or clock < start:
            start, number = int(clock), 0
            if platform in ("mastodon", "linkedin"):
                start -= start % window
            if len(self.used) > 10_000:
                self.used.clear()  # bounded, whatever the clients call themselves
        self.used[host, client] = start, number + 1
        return limit, max(-1, limit - number - 1), start + window
