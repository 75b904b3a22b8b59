"""Shows that Klout's shapes are answered as its clients expect them: closed schemas, old clients unmodified, and files."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import export
import jsonschema
import pytest
from clout.errors import InvalidInput
from clout.warehouse.factory import open_warehouse
from clout.web import klout
from clout.web.app import Settings, create_app
from published_world import NAMED, PSEUDONYM, SILENT, UNNAMED
from starlette.testclient import TestClient


def closed(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """An object with these properties and no others."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}
ID = {"type": "string", "pattern": "^[0-9]{1,19}$"}
BUCKET = {"enum": ["1-9", *(f"{tens}-{tens + 9}" for tens in range(10, 90, 10)), "90-100"]}
CHANGES = ("dayChange", "weekChange", "monthChange")
DELTAS = closed(dict.fromkeys(CHANGES, NUMBER), CHANGES)
IDENTITY = closed({"id": TEXT, "network": TEXT})
USER = closed(
    {"kloutId": ID, "nick": TEXT, "score": closed({"score": NUMBER, "bucket": BUCKET}), "scoreDeltas": DELTAS}
)
SCORE = closed({"score": NUMBER, "scoreDelta": DELTAS, "bucket": BUCKET})
ENTITIES = {"type": "array", "maxItems": 5, "items": closed({"entity": closed({"id": ID, "payload": USER})})}
INFLUENCE = closed(
    {
        "myInfluencers": ENTITIES,
        "myInfluencees": ENTITIES,
        "myInfluencersCount": WHOLE,
        "myInfluenceesCount": WHOLE,
    }
)
TOPIC = closed(
    dict.fromkeys(("id", "displayName", "name", "slug", "imageUrl"), TEXT)
    | {"topicType": {"enum": ["sub", "entity", "super"]}, "displayType": {"const": "visible"}},
    ("topicType", "displayType"),
)
TOPICS = {"type": "array", "items": TOPIC}
ERROR = closed({"error": WHOLE, "description": TEXT})
PAIR = closed({"twitter_screen_name": TEXT, "kscore": NUMBER})
V1 = {
    "/1/klout.json": PAIR,
    "/1/users/show.json": closed(
        {
            "twitter_id": TEXT,
            "twitter_screen_name": TEXT,
            "score": closed(
                {
                    **dict.fromkeys(("kscore", "slope", "network_score", "amplification_score"), NUMBER),
                    **dict.fromkeys(("delta_1day", "delta_5day"), NUMBER),
                    **dict.fromkeys(("description", "kscore_description"), TEXT),
                    "true_reach": WHOLE,
                },
                ("slope", "network_score", "amplification_score", "delta_1day", "delta_5day"),
            ),
        }
    ),
    "/1/users/topics.json": closed({"twitter_screen_name": TEXT, "topics": {"type": "array", "items": TEXT}}),
    "/1/soi/influenced_by.json": closed(
        {"twitter_screen_name": TEXT, "influencers": {"type": "array", "items": PAIR, "maxItems": 25}}
    ),
    "/1/soi/influencer_of.json": closed(
        {"twitter_screen_name": TEXT, "influencees": {"type": "array", "items": PAIR, "maxItems": 25}}
    ),
}


@pytest.fixture(scope="module")
def old(world: Path) -> TestClient:
    """Asks a service that speaks the older dialects, too."""
    settings = Settings(also=frozenset({"v1", "kred"}))
    return TestClient(create_app(open_warehouse(str(world / "warehouse")), settings), raise_server_exceptions=False)


def get(client: TestClient, path: str, schema: dict[str, Any], status: int = 200) -> Any:
    """An answer that is JSON of this schema."""
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    jsonschema.validate(answer.json(), schema)
    return answer.json()


def test_every_person_has_the_shapes_of_v2(client: TestClient, world: Path) -> None:
    with duckdb.connect(world / "warehouse" / "warehouse.duckdb", read_only=True) as analyst:
        scored = analyst.execute("SELECT person_id, score FROM clout.scores WHERE score IS NOT NULL").fetchall()
    for person, score in scored:
        if person == PSEUDONYM:
            get(client, f"/v2/user.json/{klout.klout_id(person)}", ERROR, 404)
            continue
        network, _, native = person.partition(":")
        found = get(client, f"/v2/identity.json/{network}/{native}", IDENTITY)
        assert found == {"id": klout.klout_id(person), "network": "ks"}
        assert int(found["id"]) < 2**63
        where = f"/v2/user.json/{found['id']}"
        user, said = get(client, where, USER), get(client, f"{where}/score", SCORE)
        assert user["score"]["score"] == said["score"] == score
        assert user["scoreDeltas"] == said["scoreDelta"]
        get(client, f"{where}/topics", TOPICS)
        influence = get(client, f"{where}/influence", INFLUENCE)
        for side in ("Influencers", "Influencees"):
            assert len(influence[f"my{side}"]) <= influence[f"my{side}Count"]
            for each in influence[f"my{side}"]:
                assert each["entity"]["id"] == each["entity"]["payload"]["kloutId"]
                assert each["entity"]["payload"]["nick"] != PSEUDONYM
                assert each["entity"]["id"] != klout.klout_id(SILENT)


def test_influencers_are_those_that_are_published(client: TestClient, world: Path) -> None:
    with duckdb.connect(world / "warehouse" / "warehouse.duckdb", read_only=True) as analyst:
        expected = analyst.execute(
            "SELECT other_id FROM clout.influences AS i JOIN clout.scores AS s ON s.person_id = i.other_id"
            " WHERE i.person_id = ? AND direction = 'moved_by' AND s.score IS NOT NULL AND other_id <> ?"
            " ORDER BY place",
            [NAMED, PSEUDONYM],
        ).fetchall()
    found = get(client, f"/v2/user.json/{klout.klout_id(NAMED)}/influence", INFLUENCE)
    assert [each["entity"]["id"] for each in found["myInfluencers"]] == [
        klout.klout_id(other) for (other,) in expected if other != SILENT
    ][:5]
    assert found["myInfluencersCount"] == len(expected) > 0


def test_identity_goes_both_ways(client: TestClient) -> None:
    own = klout.klout_id(NAMED)
    assert get(client, f"/v2/identity.json/klout/{own}/plaza", IDENTITY) == {"id": "bo", "network": "plaza"}
    assert get(client, "/v2/identity.json/twitter?screenName=BO&key=any", IDENTITY)["id"] == own
    assert get(client, "/v2/identity.json/pages/bo", IDENTITY)["id"] == own
    get(client, f"/v2/identity.json/klout/{own}/tw", ERROR, 404)
    # p7 is somebody else on each platform: none is chosen.
    get(client, "/v2/identity.json/twitter?screenName=p7", ERROR, 404)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v2/user.json/abc", 404),
        ("/v2/user.json/-1", 404),
        ("/v2/user.json/9223372036854775808", 404),
        ("/v2/user.json/" + "9" * 400, 404),
        ("/v2/user.json/٣", 404),
        ("/v2/user.json/1/nothing", 404),
        ("/v2/identity.json/twitter?screenName=", 400),
        ("/v2/identity.json/twitter", 400),
        ("/v2/identity.json/twitter?screenName=" + "x" * 65, 400),
        ("/v2/identity.json/twitter?screenName=a%00b", 400),
        ("/v2/identity.json/twitter?screenName=nobody", 404),
        ("/v2/identity.json/murmur/nobody", 404),
        ("/v2/nothing", 404),
        ("/1/klout.json?users=bo", 404),
        ("/kredscore?term=bo", 404),
    ],
)
def test_error_is_json_in_klouts_shape(client: TestClient, path: str, status: int) -> None:
    assert get(client, path, ERROR, status)["error"] == status


def test_unknown_unscored_unnamed_and_gone_look_alike(client: TestClient, world: Path) -> None:
    with duckdb.connect(world / "warehouse" / "warehouse.duckdb", read_only=True) as analyst:
        [(unscored,)] = analyst.execute("SELECT person_id FROM clout.scores WHERE score IS NULL LIMIT 1").fetchall()
    people = (unscored, PSEUDONYM, UNNAMED, "murmur:hana", "murmur:nobody")
    paths = [f"/v2/user.json/{klout.klout_id(person)}" for person in people]
    paths += [f"/v2/identity.json/{person.replace(':', '/')}" for person in people]
    paths += [f"/v2/user.json/{klout.klout_id(person)}/influence" for person in people]
    answers = [client.get(path) for path in paths]
    assert {answer.text for answer in answers} == {
        json.dumps({"error": 404, "description": klout.NOT_SCORED}, separators=(",", ":"))
    }
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1


@pytest.mark.parametrize("path", V1)
def test_v1_answers_of_up_to_five(old: TestClient, path: str) -> None:
    schema = closed({"status": {"const": 200}, "users": {"type": "array", "items": V1[path], "minItems": 1}})
    found = get(old, f"{path}?users=bo,nobody&key=x", schema)
    assert len(found["users"]) == 1
    assert get(old, f"{path}?users=nobody", ERROR, 404)
    assert get(old, f"{path}?users=a,b,c,d,e,f", ERROR, 400)
    assert get(old, path, ERROR, 400)


def test_kred_answers_on_its_scale(old: TestClient, client: TestClient) -> None:
    schema = closed(
        {
            "data": {
                "type": "array",
                "items": closed({"influence": WHOLE, "name": TEXT, "outreach": {"type": ["integer", "null"]}}),
            },
            "id": TEXT,
            "request": closed({"term": TEXT, "source": TEXT}),
        }
    )
    found = get(old, "/kredscore?term=bo&source=twitter&app_id=a&app_key=b", schema)
    score = get(client, f"/v2/user.json/{klout.klout_id(NAMED)}/score", SCORE)["score"]
    assert found["data"] == [{"influence": round(10 * score), "name": "bo", "outreach": None}]
    get(old, "/kredscore?term=bo&source=myspace", ERROR, 400)


@pytest.mark.parametrize(
    ("score", "name"),
    [(1.0, "1-9"), (9.99, "1-9"), (10.0, "10-19"), (89.99, "80-89"), (90.0, "90-100"), (100.0, "90-100")],
)
def test_bucket_is_a_tenth_of_the_scale(score: float, name: str) -> None:
    assert klout.bucket(score) == name


# Files ------------------------------------------------------------------------------------------------------------


def test_files_say_what_the_service_says(client: TestClient, world: Path, tmp_path: Path) -> None:
    out = tmp_path / "tree"
    arguments = ["--shapes", "klout-v2", "--warehouse", str(world / "warehouse"), "--out", str(out)]
    export.main(arguments)
    files = [file for file in out.rglob("*") if file.is_file() and file.name != "clout-export.json"]
    assert len(files) > 100
    for file in files:
        path = "/" + str(file.relative_to(out)).removesuffix("/index.json")
        assert json.loads(file.read_text()) == client.get(path).json(), path
    assert all(PSEUDONYM.partition(":")[2] not in str(file) + file.read_text() for file in files)
    export.main(arguments)  # again: it replaces its own
    assert [file.name for file in tmp_path.iterdir()] == ["tree"]


def test_export_replaces_nothing_else(world: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    into = ["--shapes", "klout-v2", "--warehouse", str(world / "warehouse"), "--out"]
    with pytest.raises(InvalidInput, match="is no export"):
        export.main([*into, str(tmp_path / "mine")])
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"
    with pytest.raises(InvalidInput, match="newest day"):
        export.main([*into, str(tmp_path / "x"), "--day", "2020-01-01"])


# Old clients ------------------------------------------------------------------------------------------------------


def fetched(command: list[str], folder: Path) -> Path:
    """What a registry's own client fetches; skips where it cannot."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not here")
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"the registry of {command[0]} does not answer")
    if done.returncode:
        pytest.skip(f"the registry of {command[0]} is not reachable: {done.stderr.strip()[-100:]}")
    return next(file for file in folder.iterdir() if file.suffix in (".zip", ".tgz", ".gz"))


PYTHON = """
import json, sys
from klout import Klout, KloutHTTPError
k = Klout("any", domain=sys.argv[1])
own = k.identity.klout(screenName="bo")["id"]
try:
    k.user.klout(kloutId="12")
except KloutHTTPError as error:
    unknown = error.e.code
print(json.dumps({
    "id": own, "again": k.identity.klout(pages="bo")["id"], "user": k.user.klout(kloutId=own),
    "score": k.user.score(kloutId=own), "topics": k.user.topics(kloutId=own),
    "influence": k.user.influence(kloutId=own), "unknown": unknown,
}))
"""


def test_client_of_2012_in_python_reads_it(port: int, tmp_path: Path, client: TestClient) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "-q", "Klout==0.1.3"]
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        command = ["pip", *command[3:]]
    with zipfile.ZipFile(fetched(command, tmp_path)) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", PYTHON, f"127.0.0.1:{port}"],
        cwd=tmp_path / "Klout-0.1.3",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    check_client(json.loads(done.stdout), client)


NODE = """
const http = require("http"), get = http.get;
// The only change: its host is this machine.
http.get = (options, then) => get({...options, host: "127.0.0.1", port: Number(process.argv[2])}, then);
const Klout = require("./package"), k = new Klout("any"), found = {};
const asked = (name, call) => new Promise(done => call((error, answer) => {
  found[name] = error ? error.message : answer; done();
}));
(async () => {
  await asked("identity", then => k.getKloutIdentity("bo", then));
  const id = found.id = found.identity.id;
  await asked("user", then => k.getUser(id, then));
  await asked("score", then => k.getUserScore(id, then));
  await asked("topics", then => k.getUserTopics(id, then));
  await asked("influence", then => k.getUserInfluence(id, then));
  await asked("unknown", then => k.getUser("12", then));
  found.again = found.id; found.unknown = found.unknown === "Resource or user not found." ? 404 : found.unknown;
  console.log(JSON.stringify(found));
})();
"""


def test_client_of_2012_in_javascript_reads_it(port: int, tmp_path: Path, client: TestClient) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not here")
    with tarfile.open(fetched(["npm", "pack", "--silent", "node_klout@0.3.1"], tmp_path)) as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "ask.js").write_text(NODE)
    done = subprocess.run(
        ["node", "ask.js", str(port)], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    check_client(json.loads(done.stdout), client)


def check_client(found: dict[str, Any], client: TestClient) -> None:
    """What an old client read is what is published."""
    own = klout.klout_id(NAMED)
    assert (found["id"], found["again"], found["unknown"]) == (own, own, 404)
    for name, path in (("user", ""), ("score", "/score"), ("topics", "/topics"), ("influence", "/influence")):
        assert found[name] == client.get(f"/v2/user.json/{own}{path}").json()
