"""testcontainers for Python with the image, and boto3.

Usage: localstack.py IMAGE [--fail-fast]; API_ENDPOINT and LOCALSTACK_AUTH_TOKEN are the container's.
"""
import os
import sys
import urllib.request

from testcontainers.community.localstack import LocalStackContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

localstack = LocalStackContainer(sys.argv[1], region_name="us-east-1")
localstack.with_envs(**{name: os.environ[name] for name in ("API_ENDPOINT", "LOCALSTACK_AUTH_TOKEN")})
if "--fail-fast" in sys.argv:  # otherwise it waits a minute for the log of a container that has ended
    localstack.waiting_for(LogMessageWaitStrategy(r"^Ready\.$"))
try:
    localstack.start()
    print(urllib.request.urlopen(localstack.get_url() + "/_localstack/info").read().decode())

    s3 = localstack.get_client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=b"content", Metadata={"color": "blue"})
    got = s3.get_object(Bucket="bucket", Key="key")
    print(got["Body"].read().decode(), got["Metadata"]["color"])
except Exception:
    print(*(log.decode() for log in localstack.get_logs()), file=sys.stderr)  # why a start fails is only there
    raise
finally:
    localstack.stop()
