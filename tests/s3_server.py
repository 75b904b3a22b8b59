"""A server of the S3 protocol on this machine: S3Proxy. It checks signatures as the real one does."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maven import jars
from pyarrow.fs import S3FileSystem

BUCKET = "lakes"
SECRET = "not-to-be-seen"
_LOGGED = """<configuration>
<appender name="out" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%msg%n</pattern></encoder></appender>
<root level="WARN"><appender-ref ref="out"/></root>
<logger name="org.gaul.shaded.org.eclipse.jetty.server.AbstractConnector" level="INFO"/>
</configuration>"""


@contextmanager
def serve(folder: Path, in_memory: bool = False) -> Iterator[dict[str, str]]:
    """The environment in which programs find the server and its bucket BUCKET, whose objects are files in `folder`/data.

    in_memory: as a true object store has it, there are keys and no folders. To Spark a folder of the other kind is a file.
    """
    classes = jars("org.gaul", "s3proxy", "2.7.0", folder / "s3proxy")
    (folder / "data" / BUCKET).mkdir(parents=True)
    (folder / "logback.xml").write_text(_LOGGED)
    settings = {
        "s3proxy.authorization": "aws-v2-or-v4",
        "s3proxy.identity": "clout-test",
        "s3proxy.credential": SECRET,
        "s3proxy.endpoint": "http://127.0.0.1:0",
        "jclouds.provider": "transient" if in_memory else "filesystem-nio2",
        "jclouds.filesystem.basedir": f"{folder}/data",
        "jclouds.identity": "unused",
        "jclouds.credential": "unused",
    }
    conf, log = folder / "s3proxy.conf", folder / "s3proxy.log"
    conf.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    options = [
        "-Xmx256m",
        "-XX:TieredStopAtLevel=1",
        f"-Dlogback.configurationFile={folder}/logback.xml",
        "-cp",
        classes,
    ]
    with log.open("w") as output:
        server = subprocess.Popen(
            ["java", *options, "org.gaul.s3proxy.Main", "--properties", str(conf)], stdout=output, stderr=output
        )
    try:
        address = f"127.0.0.1:{_port(server, log)}"
        if in_memory:
            given = {"access_key": "clout-test", "secret_key": SECRET, "region": "us-east-1", "scheme": "http"}
            S3FileSystem(endpoint_override=address, allow_bucket_creation=True, **given).create_dir(BUCKET)
        yield {
            "AWS_ENDPOINT_URL": f"http://{address}",
            "AWS_ACCESS_KEY_ID": "clout-test",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            # Amazon's clients send checksums since 2025 that most other servers refuse.
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
            "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        }
    finally:
        server.kill()
        server.wait()


def _port(server: subprocess.Popen, log: Path, seconds: float = 90) -> str:
    until = time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < until:
        if found := re.search(r"Started ServerConnector.*\{127\.0\.0\.1:(\d+)\}", log.read_text()):
            return found[1]
        time.sleep(0.1)
    raise RuntimeError(f"the S3 server did not start: {log.read_text()[-2000:]}")
