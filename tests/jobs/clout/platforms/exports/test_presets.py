"""Shows that every preset reads an invented export as a few independent lines of pandas do, and refuses broken ones."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
from clout.config.sources import read_sources
from clout.errors import InvalidInput
from clout.platforms.exports import files
from clout.platforms.exports.file_options import presets
from clout.platforms.pull.rows import PullReport

ROWS = 1200
DAYS = [date(2026, 3, 1), date(2026, 3, 2)]
PEOPLE = [f"{900_000_000_000_000_000 + number}" for number in range(60)]
TWITTER = "%a %b %d %H:%M:%S +0000 %Y"


def moment(random: Random) -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=random.randrange(2 * 86400))


@dataclass
class Expected:
    """What independent lines say that an export holds."""

    kinds: dict[str, int]
    posts: int
    accounts: int
    likes: int | None = None


@dataclass
class Export:
    """An invented export: how it is written, what it holds, and how it is broken."""

    write: Callable[[Path], Expected]
    #: File; text of it, and what stands in its place (a line, for a torn one): what the refusal of the whole says.
    stops: list[tuple[str, str, str, str]]
    #: File, text, what stands in its place: (file, row, reason) of a row in quarantine.
    refuses: list[tuple[str, str, str, tuple[str, int, str]]]
    options: str = ""


def some(random: Random, share: float, values: list[Any]) -> Any:
    return random.choice(values) if random.random() < share else None


def twarc(folder: Path) -> Expected:
    random, rows = Random(1), []
    for number in range(ROWS):
        share, quoted = some(random, 0.3, PEOPLE), some(random, 0.2, PEOPLE)
        answers = None if share else some(random, 0.3, PEOPLE)
        author = random.choice(PEOPLE)
        rows.append(
            {
                "id": f"{10**18 + number}",
                "conversation_id": f"{10**18}",
                "referenced_tweets.replied_to.id": answers and f"{2 * 10**18 + number}",
                "referenced_tweets.retweeted.id": share and f"{3 * 10**18 + number}",
                "referenced_tweets.quoted.id": quoted and f"{4 * 10**18 + number}",
                "author_id": author,
                "in_reply_to_user_id": answers,
                "retweeted_user_id": share,
                "quoted_user_id": quoted,
                "created_at": moment(random).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                "text": f'said, "{number}"\\nand more' if number % 2 else "two\nlines",
                "lang": random.choice(["en", "de"]),
                "public_metrics.reply_count": random.randrange(9),
                "public_metrics.retweet_count": random.randrange(9),
                "public_metrics.quote_count": random.randrange(9),
                "public_metrics.like_count": random.randrange(9),
                "author.created_at": "2010-01-02T03:04:05.000Z",
                "author.username": f"handle{author[-2:]}",
                "author.name": f"Name {author[-2:]}",
                "author.protected": "True" if author == PEOPLE[7] else "False",
                "author.public_metrics.followers_count": random.randrange(99),
                "author.public_metrics.following_count": 5,
                "author.public_metrics.listed_count": 1,
                "author.public_metrics.tweet_count": number,
                "author.verified": "False",
            }
        )
    pd.DataFrame(rows).to_csv(folder / "tweets.csv", index=False)
    read = pd.read_csv(folder / "tweets.csv", dtype=str)
    read = read[read.author_id != PEOPLE[7]]  # a protected account is not shown
    others = {name: read[read[name].fillna("") != PEOPLE[7]] for name in read.columns if name.endswith("_user_id")}
    own = read[read["referenced_tweets.retweeted.id"].isna()]
    quotes = others["quoted_user_id"]
    return Expected(
        {
            "share": others["retweeted_user_id"].retweeted_user_id.count(),
            "reply": others["in_reply_to_user_id"].in_reply_to_user_id.count(),
            "quote": quotes[quotes["referenced_tweets.retweeted.id"].isna()].quoted_user_id.count(),
        },
        len(read),
        read.author_id.nunique() + 1,
        int(own["public_metrics.like_count"].astype(int).sum()),
    )


def twcs(folder: Path) -> Expected:
    random, rows = Random(2), []
    authors = [f"{115712 + number}" for number in range(40)] + ["AcmeHelp", "Globex_Care"]
    for number in range(1, ROWS + 1):
        answers = some(random, 0.7, [random.randrange(1, number + 1), ROWS + 9])
        author = random.choice(authors)
        rows.append(
            {
                "tweet_id": number,
                "author_id": author,
                "inbound": str(author.isdigit()),
                "created_at": moment(random).strftime(TWITTER),
                "text": f"@{random.choice(authors)} it is broken, {number}",
                "response_tweet_id": "5,6" if number % 3 == 0 else None,
                "in_response_to_tweet_id": answers,
            }
        )
    pd.DataFrame(rows).astype({"in_response_to_tweet_id": "Int64"}).to_csv(folder / "twcs.csv", index=False)
    read = pd.read_csv(folder / "twcs.csv", dtype=str)
    return Expected({"reply": read.in_response_to_tweet_id.count()}, len(read), read.author_id.nunique())


def brandwatch(folder: Path) -> Expected:
    random, rows = Random(3), []
    for number in range(ROWS):
        kind = random.choice(["post", "reply", "share", "comment"])
        rows.append(
            {
                "Query Id": 7,
                "Query Name": "Acme, all",
                "Date": moment(random).strftime("%Y-%m-%d %H:%M:%S.0"),
                "Title": f'Said "{number}"',
                "Url": f"http://network.example/{number}",
                "Author": f"handle{random.randrange(50)}",
                "Thread Author": None if kind == "post" else f"handle{random.randrange(50)}",
                "Thread Entry Type": kind,
                "Thread Id": number if kind == "post" else random.randrange(ROWS),
            }
        )
    with (folder / "mentions.csv").open("w", newline="") as stream:
        stream.write('Report:,"Acme, all"\nFrom:,"Sun Mar 01 00:00:00 UTC 2026"\nTo:,x\nLabel:,"Acme"\n\n\n')
        pd.DataFrame(rows).to_csv(stream, index=False, lineterminator="\n")
    read = pd.read_csv(folder / "mentions.csv", dtype=str, skiprows=6)
    kinds = read["Thread Entry Type"].replace("comment", "reply")
    return Expected(Counter(kinds[kinds != "post"]), len(read), 0)


def crowdtangle(folder: Path) -> Expected:
    random, rows = Random(4), []
    for number in range(ROWS):
        page = random.randrange(30)
        rows.append(
            {
                "Page Name": f"Page {page}",
                "User Name": f"page{page}",
                "Facebook Id": PEOPLE[page],
                "Page Category": "MEDIA",
                "Likes at Posting": "",
                "Followers at Posting": f"{random.randrange(10**6):,}",
                "Post Created": (moment(random) - timedelta(hours=5)).strftime("%Y-%m-%d %H:%M:%S EST"),
                "Type": "Photo",
                "Total Interactions": f"{random.randrange(10**6):,}",
                "Likes": f"{random.randrange(10**5):,}",
                "Comments": f"{random.randrange(9)}",
                "Shares": f"{random.randrange(10**4):,}",
                "URL": f"https://www.facebook.com/{number}/posts/{number}",
                "Message": "one, two\nthree",
            }
        )
    pd.DataFrame(rows).to_csv(folder / "history.csv", index=False)
    read = pd.read_csv(folder / "history.csv", thousands=",")
    return Expected({}, len(read), read["Facebook Id"].nunique(), int(read.Likes.sum()))


def metacontentlibrary(folder: Path) -> Expected:
    random, rows = Random(5), []
    for number in range(ROWS):
        page = random.randrange(30)
        rows.append(
            {
                "id": 10**15 + number,
                "creation_time": moment(random).strftime("%Y-%m-%d %H:%M:%S+00:00"),
                "content_type": "STATUS",
                "statistics.like_count": random.randrange(99),
                "statistics.comment_count": random.randrange(99),
                "statistics.share_count": random.randrange(99),
                "statistics.reaction_count": 100,
                "post_owner.type": random.choice(["FACEBOOK_PAGE"]),
                "post_owner.id": PEOPLE[page],
                "post_owner.name": f"Page {page}",
            }
        )
    pd.DataFrame(rows).to_csv(folder / "library.csv", index=False)
    read = pd.read_csv(folder / "library.csv")
    return Expected({}, len(read), read["post_owner.id"].nunique(), int(read["statistics.like_count"].sum()))


PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def mastodon(folder: Path) -> Expected:
    random, items = Random(6), []
    me, users = "https://plaza.example/users/ann", [f"https://isle.example/users/p{number}" for number in range(40)]
    for number in range(ROWS):
        to = random.choice([[PUBLIC], [f"{me}/followers"]]) if number % 4 == 0 else [PUBLIC]
        item: dict[str, Any] = {"id": f"{me}/statuses/{number}", "actor": me, "to": to, "cc": []}
        item["published"] = moment(random).strftime("%Y-%m-%dT%H:%M:%SZ")
        if random.random() < 0.3:
            item |= {"type": "Announce", "object": f"{random.choice(users)}/statuses/{number}"}
        else:
            parent = some(random, 0.4, users)
            named = random.sample(users, random.randrange(3)) + ([parent] if parent else [])
            note: dict[str, Any] = {
                "id": f"{me}/statuses/{number}",
                "type": "Note",
                "inReplyTo": parent and f"{parent}/statuses/{number}",
            }
            note["tag"] = [{"type": "Mention", "href": href, "name": "@x"} for href in named] + [
                {"type": "Hashtag", "href": "h"}
            ]
            item |= {"type": "Create", "object": {**note, "contentMap": {"en": "words"}}}
        items.append(item)
    (folder / "outbox.json").write_text(
        json.dumps({"type": "OrderedCollection", "totalItems": ROWS, "orderedItems": items})
    )
    (folder / "actor.json").write_text(
        json.dumps({"id": me, "type": "Person", "preferredUsername": "ann", "name": "Ann"})
    )
    read = pd.json_normalize(json.loads((folder / "outbox.json").read_text())["orderedItems"])
    read = read[read.to.map(lambda to: PUBLIC in to)]
    created = read[read.type == "Create"]
    parents = created["object.inReplyTo"].str.replace("/statuses/.*", "", regex=True)
    tags = created.assign(parent=parents).explode("object.tag")
    tags = pd.concat([tags.parent.reset_index(), pd.json_normalize(tags["object.tag"])], axis=1)
    tags = tags[(tags.type == "Mention") & (tags.href != tags.parent)].drop_duplicates(["index", "href"])
    kinds = {
        "share": int((read.type == "Announce").sum()),
        "reply": created["object.inReplyTo"].count(),
        "mention": len(tags),
    }
    return Expected(kinds, len(created), 1)


def xarchive(folder: Path) -> Expected:
    random, tweets = Random(7), []
    data = folder / "data"
    data.mkdir()
    for number in range(ROWS):
        named = [{"id_str": one, "screen_name": "x"} for one in random.sample(PEOPLE[1:], random.randrange(3))]
        is_share, answers = random.random() < 0.2, some(random, 0.3, PEOPLE)
        if is_share or answers:
            named = [{"id_str": answers or PEOPLE[9], "screen_name": "x"}, *named]
        tweet = {
            "id_str": f"{10**18 + number}",
            "created_at": moment(random).strftime(TWITTER),
            "full_text": "RT @x: it; was" if is_share else 'He said "no" [1];',
            "favorite_count": f"{random.randrange(9)}",
            "retweet_count": f"{random.randrange(9)}",
            "lang": "en",
            "entities": {"user_mentions": named},
        }
        if answers and not is_share:
            tweet |= {"in_reply_to_user_id_str": answers, "in_reply_to_status_id_str": f"{number}"}
        tweets.append({"tweet": tweet})
    half = ROWS // 2
    for name, part, some_of in (("tweets.js", 0, tweets[:half]), ("tweets-part1.js", 1, tweets[half:])):
        (data / name).write_text(f"window.YTD.tweets.part{part} = {json.dumps(some_of, indent=1)}")
    account = {
        "accountId": PEOPLE[0],
        "username": "ann",
        "accountDisplayName": "Ann",
        "createdAt": "2010-01-02T03:04:05.678Z",
    }
    (data / "account.js").write_text(f"window.YTD.account.part0 = {json.dumps([{'account': account}])}")
    followers = [{"follower": {"accountId": one, "userLink": "https://x.example"}} for one in PEOPLE[1:40]]
    (data / "follower.js").write_text(f"window.YTD.follower.part0 = {json.dumps(followers)}")
    (data / "like.js").write_text('window.YTD.like.part0 = [{"like": {"tweetId": "1", "fullText": "x"}}]')
    lists = [json.loads((data / name).read_text().partition("=")[2]) for name in ("tweets.js", "tweets-part1.js")]
    read = pd.json_normalize([one["tweet"] for each in lists for one in each])
    is_share = read.full_text.str.startswith("RT @")
    named = read[~is_share].explode("entities.user_mentions").dropna(subset="entities.user_mentions")
    who = named["entities.user_mentions"].map(lambda one: one["id_str"])
    named = named.assign(who=who).drop_duplicates(["id_str", "who"])
    others = named[(named.who != named.in_reply_to_user_id_str) & (named.who != PEOPLE[0])]
    kinds = {"share": int(is_share.sum()), "reply": read.in_reply_to_user_id_str.count(), "mention": len(others)}
    return Expected(kinds, len(read), 1, int(read[~is_share].favorite_count.astype(int).sum()))


def jetstream(folder: Path) -> Expected:
    random, events = Random(8), []
    dids, alive = [f"did:plc:{'abcdefghij'[n % 10]}{n:023d}" for n in range(40)], []
    for number in range(ROWS):
        did, other = random.choice(dids), random.choice(dids)
        time_us = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1e6) + number * 140_000_000
        event: dict[str, Any] = {"did": did, "time_us": time_us, "kind": "commit"}
        if number % 50 == 0:
            event |= {"kind": "identity", "identity": {"did": did, "handle": f"h{number}.example"}}
        elif number % 6 == 5:
            gone = alive.pop(random.randrange(len(alive)))
            event |= {"did": gone[0], "commit": {"operation": "delete", "collection": gone[1], "rkey": gone[2]}}
        else:
            what = random.choice(["like", "repost", "post", "post"])
            subject = f"at://{other}/app.bsky.feed.post/{number}"
            record: dict[str, Any] = {"$type": f"app.bsky.feed.{what}", "createdAt": "2020-01-01T00:00:00Z"}
            if what == "post":
                record |= {"text": "words", "langs": ["en"]}
                if random.random() < 0.4:
                    record["reply"] = {"parent": {"uri": subject}, "root": {"uri": subject}}
                if random.random() < 0.2:
                    record["embed"] = {"$type": "app.bsky.embed.record", "record": {"uri": subject}}
                if random.random() < 0.2:
                    feature = {"$type": "app.bsky.richtext.facet#mention", "did": dids[0]}
                    record["facets"] = [{"features": [feature]}, {"features": [feature, {"uri": "https://x.example"}]}]
            else:
                record["subject"] = {"uri": subject, "cid": "c"}
            commit = {
                "operation": "create",
                "collection": f"app.bsky.feed.{what}",
                "rkey": f"r{number}",
                "record": record,
            }
            event |= {"commit": commit}
            alive.append((did, commit["collection"], commit["rkey"]))
        events.append(event)
    for name, some_of in (("00.jsonl", events[:700]), ("01.jsonl", events[700:])):
        (folder / name).write_text("".join(json.dumps(one) + "\n" for one in some_of))
    read = pd.concat([pd.read_json(folder / name, lines=True) for name in ("00.jsonl", "01.jsonl")], ignore_index=True)
    flat = pd.concat(
        [read.did, pd.json_normalize([one if isinstance(one, dict) else {} for one in read.commit])], axis=1
    )
    key = flat.did + flat.collection.fillna("") + flat.rkey.fillna("")
    made = flat[(flat.operation == "create") & ~key.isin(key[flat.operation == "delete"])]
    mentions = made[made["record.facets"].notna() & (made.did != dids[0])]
    mentions = mentions[~mentions["record.reply.parent.uri"].fillna("").str.contains(dids[0])]
    kinds = {
        "like": int((made.collection == "app.bsky.feed.like").sum()),
        "share": int((made.collection == "app.bsky.feed.repost").sum()),
        "reply": made["record.reply.parent.uri"].count(),
        "quote": made["record.embed.record.uri"].count(),
        "mention": len(mentions),
    }
    return Expected(
        kinds, int((made.collection == "app.bsky.feed.post").sum()), read[read.kind == "identity"].did.nunique()
    )


GONE = r'{name}: preset {preset}: line \d+: .*(column|column named) "{text}".*; an export without that column .* mend the one'
TORN = r"{name}: record 1, line \d+(, in [\w.]+)?: .*, so that it is no JSON \(preset {preset}: line \d+\); mend the record"
LONG = r"preset {preset}: line \d+: {name} line 2: Maximum line size of 16777216 bytes exceeded.*; mend the line"
NOT_A_TWEET_TIME = "+0000' is not a time like Tue Oct 31 22:10:47 +0000 2017"
NOT_A_TIME = "is not a time between 1990 and 2100, like 2026-03-01T12:00:00Z"
EXPORTS = {
    "brandwatch": Export(
        brandwatch,
        [("mentions.csv", "Thread Author", "Author of thread", GONE)],
        [
            ("mentions.csv", "example/0,", "example/0,,", ("mentions.csv", 8, "line 8: all columns: Expected {} Found: 10")),
            ("mentions.csv", "2026-03-0", "2O26-03-0", ("mentions.csv", 8, "occurred_at: '2O26-03-0{}' " + NOT_A_TIME)),
        ],
        "handles = true",
    ),
    "crowdtangle": Export(
        crowdtangle,
        [("history.csv", "Facebook Id", "Id", GONE)],
        [("history.csv", " EST,", " XYZ,", ("history.csv", 2, "Post Created: '{} XYZ' is not a time like 2021-{} EST"))],
    ),
    "jetstream": Export(
        jetstream,
        [("00.jsonl", "\n", "\n" + "x" * 17_000_000 + "\n", LONG)],
        [("01.jsonl", '{"did"', '{"did', ("01.jsonl", 1, "line: not JSON"))],
    ),
    "mastodon": Export(
        mastodon,
        [("outbox.json", '"orderedItems": [', '"orderedItems": [,', TORN)],
        [("outbox.json", ': "2026-03-0', ': "2O26-03-0', ("outbox.json", 1, "occurred_at: '2O26-03-0{}' " + NOT_A_TIME))],
    ),
    "metacontentlibrary": Export(
        metacontentlibrary,
        [("library.csv", "post_owner.id", "owner", GONE)],
        [("library.csv", "2026-03-0", "2O26-03-0", ("library.csv", 2, "occurred_at: '2O26-03-0{}' " + NOT_A_TIME))],
    ),
    "twarc": Export(
        twarc,
        [("tweets.csv", "retweeted_user_id", "retweeted_user", GONE)],
        [("tweets.csv", "2026-03-0", "2O26-03-0", ("tweets.csv", 2, "occurred_at: '2O26-03-0{}' " + NOT_A_TIME))],
    ),
    "twcs": Export(
        twcs,
        [("twcs.csv", "in_response_to_tweet_id", "answers", GONE)],
        [("twcs.csv", " +0000 2026", " +0000", ("twcs.csv", 2, "created_at: '{}" + NOT_A_TWEET_TIME))],
    ),
    "xarchive": Export(
        xarchive,
        [("data/tweets.js", "[", "[{", TORN)],
        [("data/tweets-part1.js", " +0000 2026", " +0000", ("data/tweets-part1.js", 1, "created_at: '{}" + NOT_A_TWEET_TIME))],
    ),
}  # fmt: skip


class Got:
    """What a preset made of a folder."""

    def __init__(self, folder: Path, preset: str, options: str) -> None:
        toml = folder.parent / "sources.toml"
        toml.write_text(f'[[source]]\nname = "old"\npath = "{folder.name}"\npreset = "{preset}"\n{options}\n')
        items = list(files.read(read_sources(toml).named("old"), set(DAYS)))
        self.reports = [item for item in items if isinstance(item, PullReport)]
        self.rows: dict[str, list[dict[str, Any]]] = {}
        for item in items:
            if not isinstance(item, PullReport) and (item.table != "accounts" or item.day == DAYS[0]):
                self.rows.setdefault(item.table, []).extend(item.rows.to_pylist())

    @property
    def refused(self) -> set[tuple[str, int, str]]:
        return {(row["file"], row["row"], row["reason"]) for row in self.rows.get("quarantine", [])}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "export").mkdir()
    return tmp_path / "export"


def test_every_preset_has_an_export_here() -> None:
    assert presets() == sorted(EXPORTS)


@pytest.mark.parametrize("preset", EXPORTS)
def test_a_preset_reads_what_independent_lines_read(folder: Path, preset: str) -> None:
    export = EXPORTS[preset]
    expected = export.write(folder)
    got = Got(folder, preset, export.options)
    assert got.refused == set()
    assert Counter(row["kind"] for row in got.rows.get("interactions", [])) == Counter(expected.kinds)
    assert len(got.rows["posts"]) == expected.posts
    assert len({row["account_key"] for row in got.rows.get("accounts", [])}) == expected.accounts
    if expected.likes is not None:
        assert sum(row["like_count"] or 0 for row in got.rows["posts"]) == expected.likes
    assert sum(expected.kinds.values()) + expected.posts >= 1000
    if preset == "xarchive":
        assert [row["followers_count"] for row in got.rows["accounts"]] == [39]


@pytest.mark.parametrize("preset", EXPORTS)
def test_a_preset_refuses_a_broken_export_by_file_row_field_and_cure(folder: Path, preset: str) -> None:
    export = EXPORTS[preset]
    export.write(folder)
    for name, text, other, (file, row, reason) in export.refuses:
        whole = (folder / name).read_text()
        assert text in whole
        (folder / name).write_text(whole.replace(text, other, 1))
        ((its_file, its_row, its_reason),) = {
            one for one in Got(folder, preset, export.options).refused if one[0] == file and one[1] == row
        }
        before, after = reason.partition("{}")[0], reason.rpartition("{}")[2]
        assert (its_file, its_row) == (file, row)
        assert its_reason.startswith(before)
        assert its_reason.endswith(after)
        (folder / name).write_text(whole)
    for name, text, other, said in export.stops:
        whole = (folder / name).read_text()
        assert text in whole
        (folder / name).write_text(whole.replace(text, other, 1))
        with pytest.raises(
            InvalidInput, match=said.replace("{name}", name).replace("{preset}", preset).replace("{text}", text)
        ):
            Got(folder, preset, export.options)
        (folder / name).write_text(whole)
