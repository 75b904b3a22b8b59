"""Suggests lines for the sources file where an export lacks a needed column, from the names that it has."""

from __future__ import annotations

import re

#: Words, without their signs and case, by which exports call our columns.
_NAMES = {
    "actor": "actorid fromuser userfrom fromuserid from sourceuser sourceid source src sender senderid userid user username"
    " screenname authorid author who u1 accountid account fromid login uid",
    "target": "targetid touser userto touserid to targetuser target dst destination dest recipient receiver receiverid"
    " mentioneduser mentioned inreplytouserid retweeteduserid whom u2 toid object objectid",
    "kind": "kind type action event eventtype interaction interactiontype verb what relation edgetype",
    "unix_ts": "unixts timestamp ts unixtime epoch time unix",
    "occurred_at": "occurredat createdat created date datetime at when timestamp time publishedat posted postedat createdtime",
    "post": "post postid tweetid statusid messageid id uri objecturi tweet status message",
    "author": "author authorid userid user username screenname accountid account from",
    "account": "account accountid userid user id username screenname authorid uid login handle",
}
_LIKE_DATA = re.compile(r"\d{5,}(\.\d+)?|\d{4}-\d{2}-\d{2}([T ].*)?|(?i:like|mention|reply|quote|share|rt|retweet)")
_DELIMITERS = {";": '";"', "\t": r'"\t"', "|": '"|"', ",": '","', " ": '" "'}


def hint(names: list[str], ours: list[tuple[str, ...]]) -> str:
    """What may be wrong with a header whose names are not those needed, and the lines that mend it; "" where nobody knows."""
    named = {re.sub(r"[^a-z0-9]", "", name.lower()) for name in names}
    if len(names) == 1 and not _LIKE_DATA.fullmatch(names[0]):
        for sign, written in _DELIMITERS.items():
            parts = names[0].split(sign)
            if len(parts) > 2 or (len(parts) == 2 and sign != " "):
                return f" Its fields are parted by another sign: write delimiter = {written} into the source"
    if sum(bool(_LIKE_DATA.fullmatch(name.strip())) for name in names) >= 1 and not named & set(_NAMES):
        return (
            ' Its first row looks like data: name the columns by column_names = ["actor", "target", …] in the source, in their'
            " order, with any word for one that is not needed"
        )
    lines, used = [], set()
    by_word = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in reversed(names)}
    for alternatives in ours:
        guesses = [
            (words.index(word), column, by_word[word])
            for column in alternatives
            if column in _NAMES
            for words in [[column.replace("_", ""), *_NAMES[column].split()]]
            for word in words
            if word in by_word and by_word[word] not in used
        ]
        if guesses:
            _, column, name = min(guesses)
            used.add(name)
            if name != column:
                lines.append(f'{column} = "{name}"')
    return f" Perhaps {', '.join(lines)} under [source.columns]" if lines else ""
