"""Shows for every signal of every platform what a policy makes of it: how long it waits, or what it stops."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clout.platforms.apis.bluesky import BlueskyPolicy
from clout.platforms.apis.facebook import FacebookPolicy
from clout.platforms.apis.linkedin import LinkedInPolicy
from clout.platforms.apis.mastodon import MastodonPolicy
from clout.platforms.apis.wikipedia import WikipediaPolicy
from clout.platforms.apis.x import XPolicy
from clout.platforms.apis.youtube import YouTubePolicy
from clout.platforms.http.rate_policies import (
    Go,
    RatePolicy,
    Response,
    StopEndpoint,
    StopPlatform,
    StopUnit,
    Verdict,
    Wait,
)
from clout.platforms.pull.hour_files import GitHubPolicy

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
ALL = [
    XPolicy,
    FacebookPolicy,
    LinkedInPolicy,
    BlueskyPolicy,
    MastodonPolicy,
    GitHubPolicy,
    YouTubePolicy,
    WikipediaPolicy,
]


def verdict(policy: type[RatePolicy], response: Response, deadline: timedelta = timedelta(hours=3)) -> Verdict:
    return policy(NOW + deadline, jitter=lambda: 2.0).after(response, NOW)


def problem(name: str) -> dict[str, Any]:
    return {"type": f"https://api.x.example/2/problems/{name}"}


def usage(*minutes: int) -> dict[str, str]:
    each = ", ".join(f'{{"estimated_time_to_regain_access": {m}}}' for m in minutes)
    return {"X-Business-Use-Case-Usage": f'{{"1234": [{each}]}}'}


def code(number: int) -> dict[str, Any]:
    return {"error": {"code": number, "message": "m"}}


WAITS: list[tuple[type[RatePolicy], int, dict[str, str], Any, float]] = [
    (XPolicy, 429, {"x-rate-limit-reset": str(EPOCH + 600)}, None, 602),  # + jitter
    (XPolicy, 429, {"x-rate-limit-reset": str(EPOCH + 99999)}, None, 905),
    (XPolicy, 429, {}, None, 1),
    (FacebookPolicy, 400, usage(3, 7), code(32), 420),
    (FacebookPolicy, 403, usage(0), code(4), 1),
    (FacebookPolicy, 400, usage(99999), code(17), 3600),
    (FacebookPolicy, 400, {}, code(613), 3600),
    (FacebookPolicy, 400, {"X-Business-Use-Case-Usage": "no json"}, code(80001), 3600),
    (FacebookPolicy, 400, {}, code(80014), 3600),
    (
        FacebookPolicy,
        400,
        {"X-Business-Use-Case-Usage": '{"1": [{"estimated_time_to_regain_access": 1e99}]}'},
        code(4),
        3600,
    ),
    (FacebookPolicy, 400, {}, code(2), 1),
    (BlueskyPolicy, 429, {"Retry-After": "17", "RateLimit-Reset": str(EPOCH + 99)}, None, 17),
    (BlueskyPolicy, 429, {"RateLimit-Reset": str(EPOCH + 99)}, None, 99),
    (BlueskyPolicy, 429, {"ratelimit-reset": str(EPOCH - 99)}, None, 1),
    (BlueskyPolicy, 429, {"RateLimit-Reset": "soon"}, None, 1),
    (BlueskyPolicy, 429, {}, {"error": "RateLimitExceeded"}, 1),
    (MastodonPolicy, 429, {"X-RateLimit-Reset": "2026-03-02T00:34:00.000000Z"}, None, 240),
    (MastodonPolicy, 429, {"X-RateLimit-Reset": "2026-03-02T00:34:00"}, None, 240),
    (MastodonPolicy, 429, {"X-RateLimit-Reset": "2027-01-01T00:00:00Z"}, None, 300),
    (MastodonPolicy, 429, {"X-RateLimit-Reset": str(EPOCH + 240)}, None, 1),  # not what Mastodon writes: backoff
    (MastodonPolicy, 429, {"Retry-After": "9"}, None, 9),
    (GitHubPolicy, 403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(EPOCH + 1800)}, None, 1800),
    (GitHubPolicy, 429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(EPOCH + 9999)}, None, 3600),
    (GitHubPolicy, 403, {"Retry-After": "60", "x-ratelimit-remaining": "0"}, None, 60),
    (WikipediaPolicy, 429, {"Retry-After": "5"}, None, 5),
    (WikipediaPolicy, 503, {"Retry-After": "Mon, 02 Mar 2026 00:31:10 GMT"}, None, 70),
]


@pytest.mark.parametrize(("policy", "status", "headers", "body", "seconds"), WAITS)
def test_waits(policy: type[RatePolicy], status: int, headers: dict[str, str], body: Any, seconds: float) -> None:
    found = verdict(policy, Response(status, headers, body))
    assert isinstance(found, Wait)
    assert (found.until - NOW).total_seconds() == seconds


STOPS: list[tuple[type[RatePolicy], int, dict[str, str], Any, Verdict]] = [
    # The monthly cap's 429 carries a near reset; to wait for it is to wait for ever.
    (XPolicy, 429, {"x-rate-limit-reset": str(EPOCH + 5)}, problem("usage-capped"), StopPlatform("credits")),
    (XPolicy, 402, {}, None, StopPlatform("credits")),
    (XPolicy, 403, {}, problem("unsupported-authentication"), StopEndpoint("auth: unsupported-authentication")),
    (XPolicy, 403, {}, problem("client-forbidden"), StopUnit("refused: HTTP 403")),
    (FacebookPolicy, 400, {}, code(190), StopPlatform("auth: code 190")),
    (FacebookPolicy, 401, {}, code(190), StopPlatform("auth: code 190")),
    (FacebookPolicy, 403, {}, code(10), StopEndpoint("auth: code 10")),
    (FacebookPolicy, 403, {}, code(200), StopEndpoint("auth: code 200")),
    (FacebookPolicy, 400, {}, code(100), StopUnit("refused: code 100")),
    (FacebookPolicy, 400, {}, code(80015), StopUnit("refused: code 80015")),
    (FacebookPolicy, 400, {}, {"error": {"code": 100, "error_subcode": 33}}, StopUnit("gone: code 100")),
    (FacebookPolicy, 404, {}, code(803), StopUnit("refused: code 803")),
    (LinkedInPolicy, 429, {"Retry-After": "5"}, None, StopEndpoint("daily_quota: until 00:00 UTC")),
    (LinkedInPolicy, 403, {}, {"serviceErrorCode": 101}, StopEndpoint("daily_quota: until 00:00 UTC")),
    (LinkedInPolicy, 401, {}, {"serviceErrorCode": 65601}, StopPlatform("auth: HTTP 401")),
    (
        LinkedInPolicy,
        426,
        {},
        {"code": "NONEXISTENT_VERSION"},
        StopPlatform("refused: HTTP 426, this version of the API is no longer answered"),
    ),
    (LinkedInPolicy, 403, {}, {"serviceErrorCode": 100}, StopUnit("refused: HTTP 403")),
    (GitHubPolicy, 403, {"x-ratelimit-remaining": "7"}, None, StopUnit("refused: HTTP 403")),
    (
        YouTubePolicy,
        403,
        {},
        {"error": {"errors": [{"reason": "quotaExceeded"}]}},
        StopPlatform("daily_quota: until midnight Pacific"),
    ),
    (
        YouTubePolicy,
        403,
        {},
        {"error": {"errors": [{"reason": "commentsDisabled"}]}},
        StopUnit("no_data: comments are turned off"),
    ),
    (YouTubePolicy, 403, {}, {"error": {"errors": [{"reason": "forbidden"}]}}, StopUnit("refused: HTTP 403")),
    (YouTubePolicy, 404, {}, {"error": {"errors": [{"reason": "videoNotFound"}]}}, StopUnit("gone: HTTP 404")),
    (
        YouTubePolicy,
        400,
        {},
        {"error": {"errors": [{"reason": "badRequest"}], "details": [{"reason": "API_KEY_INVALID"}]}},
        StopPlatform("auth: API_KEY_INVALID"),
    ),
    (MastodonPolicy, 401, {}, None, StopEndpoint("auth: HTTP 401")),
    (MastodonPolicy, 410, {}, None, StopUnit("gone: HTTP 410")),
    (BlueskyPolicy, 400, {}, None, StopUnit("refused: HTTP 400")),
]


@pytest.mark.parametrize(("policy", "status", "headers", "body", "expected"), STOPS)
def test_stops(policy: type[RatePolicy], status: int, headers: dict[str, str], body: Any, expected: Verdict) -> None:
    assert verdict(policy, Response(status, headers, body)) == expected


@pytest.mark.parametrize("policy", ALL)
@pytest.mark.parametrize(
    "response", [{"status": s} for s in (0, 500, 502, 503, 504)] + [{"status": 200, "broken": "HTML"}]
)
def test_broken_answers_back_off_six_times(policy: type[RatePolicy], response: dict[str, Any]) -> None:
    waits = [verdict(policy, Response(**response, attempt=attempt)) for attempt in (1, 2, 3, 4, 5)]
    assert [(w.until - NOW).total_seconds() for w in waits if isinstance(w, Wait)] == [1, 2, 4, 8, 16]
    assert isinstance(verdict(policy, Response(**response, attempt=6)), StopUnit)


def test_backoff_is_at_most_a_minute() -> None:
    class Patient(RatePolicy):
        tries = 20

    found = verdict(Patient, Response(500, attempt=12))
    assert isinstance(found, Wait)
    assert found.until - NOW == timedelta(seconds=60)


@pytest.mark.parametrize("policy", [p for p in ALL if p is not LinkedInPolicy])
def test_retry_after_0_is_a_second(policy: type[RatePolicy]) -> None:
    found = verdict(policy, Response(429, {"Retry-After": "0"}))
    assert isinstance(found, Wait)
    assert found.until - NOW == timedelta(seconds=1)


@pytest.mark.parametrize(("policy", "scope"), [(BlueskyPolicy, StopPlatform), (XPolicy, StopEndpoint)])
def test_a_server_that_always_says_wait_is_left_alone(policy: type[RatePolicy], scope: type) -> None:
    assert isinstance(verdict(policy, Response(429, {"Retry-After": "1"}, attempt=6)), scope)


@pytest.mark.parametrize(("policy", "status", "headers", "body", "seconds"), WAITS)
def test_never_past_the_deadline(
    policy: type[RatePolicy], status: int, headers: dict[str, str], body: Any, seconds: float
) -> None:
    response = Response(status, headers, body)
    assert isinstance(verdict(policy, response, timedelta(seconds=seconds)), Wait)
    late = verdict(policy, response, timedelta(seconds=seconds - 0.5))
    assert isinstance(late, StopEndpoint | StopPlatform)
    assert late.why.startswith("deadline: ")


def test_a_reset_is_read_on_the_servers_clock_when_it_is_far_from_ours() -> None:
    # The server is an hour ahead: its reset in 30 s would be 3630 s by our clock.
    headers = {"Date": "Mon, 02 Mar 2026 01:30:00 GMT", "RateLimit-Reset": str(EPOCH + 3630)}
    found = verdict(BlueskyPolicy, Response(429, headers))
    assert isinstance(found, Wait)
    assert found.until - NOW == timedelta(seconds=30)
    near = {"Date": "Mon, 02 Mar 2026 00:30:40 GMT", "RateLimit-Reset": str(EPOCH + 90)}
    found = verdict(BlueskyPolicy, Response(429, near))
    assert isinstance(found, Wait)
    assert found.until - NOW == timedelta(seconds=90)


@pytest.mark.parametrize(
    ("policy", "names", "reset"),
    [
        (XPolicy, "x-rate-limit", str(EPOCH + 100)),
        (BlueskyPolicy, "RateLimit", str(EPOCH + 100)),
        (MastodonPolicy, "X-RateLimit", "2026-03-02T00:31:40Z"),
        (GitHubPolicy, "x-ratelimit", str(EPOCH + 100)),
    ],
)
@pytest.mark.parametrize(("remaining", "seconds"), [(300, None), (15, None), (14, 100 / 15), (1, 50), (0, 100)])
def test_below_5_percent_it_slows_down(
    policy: type[RatePolicy], names: str, reset: str, remaining: int, seconds: float | None
) -> None:
    headers = {f"{names}-Limit": "300", f"{names}-Remaining": str(remaining), f"{names}-Reset": reset}
    found = verdict(policy, Response(200, headers, {}))
    if seconds is None:
        assert found == Go()
    else:
        assert isinstance(found, Wait)
        assert (found.until - NOW).total_seconds() == pytest.approx(seconds)


@pytest.mark.parametrize("policy", ALL)
def test_a_good_answer_goes_on(policy: type[RatePolicy]) -> None:
    assert verdict(policy, Response(200, {}, {"data": []})) == Go()


def test_github_slows_down_after_a_secondary_limit() -> None:
    found = verdict(GitHubPolicy, Response(403, {"retry-after": "3"}))
    assert isinstance(found, Wait)
    assert found.slow_down


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X-App-Usage": '{"call_count":28,"total_time":74,"total_cputime":25}'}, None),
        ({"X-App-Usage": '{"call_count":28,"total_time":75,"total_cputime":25}'}, 0),
        ({"X-App-Usage": '{"call_count":80,"total_time":25,"total_cputime":25}'}, 12),
        ({"X-App-Usage": '{"call_count":100}'}, 60),
        ({"X-App-Usage": '{"call_count":400}'}, 60),
        ({"X-Business-Use-Case-Usage": '{"1":[{"type":"pages","call_count":90,"total_time":1}]}'}, 36),
        ({"X-Business-Use-Case-Usage": '{"1":[{"call_count":100,"estimated_time_to_regain_access":19}]}'}, 1140),
        ({"X-App-Usage": "{}", "X-Business-Use-Case-Usage": '{"1":[{"call_count":"90"}], "2": 5}'}, None),
        ({"X-App-Usage": "[" * 100_000}, None),
        ({"X-App-Usage": '{"call_count":NaN}'}, None),
    ],
)
def test_facebook_slows_down_from_75_percent_on(headers: dict[str, str], seconds: float | None) -> None:
    found = verdict(FacebookPolicy, Response(200, headers, {"data": []}))
    if seconds is None:
        assert found == Go()
        return
    assert isinstance(found, Wait)
    assert found.slow_down
    assert (found.until - NOW).total_seconds() == pytest.approx(seconds)


def test_facebooks_transient_codes_end_the_unit_only() -> None:
    waits = [verdict(FacebookPolicy, Response(400, {}, code(1), attempt)) for attempt in range(1, 6)]
    assert [(w.until - NOW).total_seconds() for w in waits if isinstance(w, Wait)] == [1, 2, 4, 8, 16]
    assert verdict(FacebookPolicy, Response(400, {}, code(1), 6)) == StopUnit("refused: code 1")
