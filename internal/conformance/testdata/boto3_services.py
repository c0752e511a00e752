"""What programs that use boto3 are told by the reference emulator about services that it does not have.

Usage: boto3_services.py ENDPOINT
Each service stands for a protocol. Each check prints a line of JSON with its result.
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# service, operation, arguments, what the answer is written in
SERVICES = [
    ("ec2", "describe_instances", {}, "text/xml"),
    ("iam", "list_users", {}, "text/xml"),
    ("sns", "list_topics", {}, "text/xml"),
    ("sqs", "list_queues", {}, "application/x-amz-json-1.0"),
    ("dynamodb", "list_tables", {}, "application/x-amz-json-1.0"),
    ("kinesis", "list_streams", {}, "application/x-amz-json-1.1"),
    ("lambda", "list_functions", {}, "application/json"),
    ("apigateway", "get_rest_apis", {}, "application/json"),
    ("route53", "list_hosted_zones", {}, "text/xml"),
    ("cloudfront", "list_distributions", {}, "text/xml"),
    ("cloudwatchomni", None, {}, "application/cbor"),
]


def refused(service, operation, arguments, kind):
    config = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 1}, inject_host_prefix=False)
    client = boto3.client(service, endpoint_url=sys.argv[1], region_name="eu-west-1", config=config,
                          aws_access_key_id="test", aws_secret_access_key="test")
    if operation is None:  # the first one that wants no arguments
        model = client.meta.service_model
        operation = next(m for m, name in client.meta.method_to_api_mapping.items()
                         if not getattr(model.operation_model(name).input_shape, "required_members", None))
    try:
        answer = getattr(client, operation)(**arguments)
    except ClientError as e:
        error, meta = e.response["Error"], e.response["ResponseMetadata"]
        got = error["Code"], meta["HTTPStatusCode"], meta["HTTPHeaders"]["content-type"]
        assert got == ("InternalFailure", 501, kind), got
        want = f"Service '{service.replace('omni', '')}' is not emulated: this emulator has S3, and GetCallerIdentity of STS"
        assert error["Message"] == want, error
        return
    raise AssertionError(f"no error, but {answer}")


for service, operation, arguments, kind in SERVICES:
    problem = ""
    try:
        refused(service, operation, arguments, kind)
    except Exception as e:  # any is a result
        problem = f"{type(e).__name__}: {e}"
    print(json.dumps({"check": service, "problem": problem}), flush=True)
