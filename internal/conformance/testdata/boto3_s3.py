"""What programs that use boto3 need of S3. Each function is one check; it prints a line of JSON with its result.

Usage: boto3_s3.py ENDPOINT [CHECK ...]   all checks but those that are named
"""

import base64
import hashlib
import io
import json
import sys
import traceback
import urllib.error
import urllib.request
import zlib

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint = sys.argv[1]
MIB = 1 << 20


def client(service="s3", region="us-east-1", key="test", **settings):
    config = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 1}, **settings)
    return boto3.client(
        service, endpoint_url=endpoint, region_name=region, config=config,
        aws_access_key_id=key, aws_secret_access_key="test",
    )


s3 = client(s3={"addressing_style": "path"})


def equal(got, want):
    assert got == want, f"got {got!r}, want {want!r}"


def fails(code, status, call, **arguments):
    """The call fails with this code and HTTP status, and with a message. Returns the message."""
    try:
        answer = call(**arguments)
    except ClientError as e:
        error = e.response["Error"]
        got = error.get("Code"), e.response["ResponseMetadata"]["HTTPStatusCode"]
        equal(got, (code, status))
        message = error.get("Message", "")
        assert message and message != "Unknown", f"message {message!r}"
        return message
    answer.pop("ResponseMetadata", None)
    raise AssertionError(f"no error, but {answer}")


def put(bucket, key, body=b"content", **arguments):
    return s3.put_object(Bucket=bucket, Key=key, Body=body, **arguments)


def read(bucket, key, **arguments):
    return s3.get_object(Bucket=bucket, Key=key, **arguments)["Body"].read()


def parts(bucket, key, *contents, **arguments):
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **arguments)["UploadId"]
    done = []
    for number, content in enumerate(contents, 1):
        part = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=content)
        done.append({"PartNumber": number, "ETag": part["ETag"]})
    return upload, done


def fetch(url, data=None, method="GET", headers=None):
    request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as e:
        return e.code, e.read(), e.headers


# Buckets


def buckets_are_listed(bucket):
    listed = s3.list_buckets()
    assert bucket in [b["Name"] for b in listed["Buckets"]], listed
    assert listed["Owner"]["ID"], listed
    equal(s3.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"], "us-east-1")


def creating_ones_own_bucket_again_is_fine_in_us_east_1(bucket):
    equal(s3.create_bucket(Bucket=bucket)["Location"], "/" + bucket)


def creating_ones_own_bucket_again_fails_elsewhere(bucket):
    west = client(region="eu-west-1")
    where = {"LocationConstraint": "eu-west-1"}
    west.create_bucket(Bucket=bucket + "-west", CreateBucketConfiguration=where)
    message = fails("BucketAlreadyOwnedByYou", 409, west.create_bucket,
                    Bucket=bucket + "-west", CreateBucketConfiguration=where)
    assert "you already own it" in message, message
    equal(west.get_bucket_location(Bucket=bucket + "-west")["LocationConstraint"], "eu-west-1")


def the_location_of_a_bucket_in_us_east_1_is_none(bucket):
    equal(s3.get_bucket_location(Bucket=bucket)["LocationConstraint"], None)


def a_bucket_that_is_missing(bucket):
    message = fails("NoSuchBucket", 404, s3.list_objects_v2, Bucket=bucket + "-missing")
    equal(message, "The specified bucket does not exist")
    fails("404", 404, s3.head_bucket, Bucket=bucket + "-missing")
    fails("NoSuchBucket", 404, s3.put_object, Bucket=bucket + "-missing", Key="k", Body=b"")
    fails("NoSuchBucket", 404, s3.delete_bucket, Bucket=bucket + "-missing")


def a_bucket_that_is_not_empty(bucket):
    put(bucket, "key")
    message = fails("BucketNotEmpty", 409, s3.delete_bucket, Bucket=bucket)
    equal(message, "The bucket you tried to delete is not empty")
    s3.delete_object(Bucket=bucket, Key="key")
    s3.delete_bucket(Bucket=bucket)


def a_bucket_name_that_is_invalid(bucket):
    # boto3 refuses other names itself.
    fails("InvalidBucketName", 400, s3.create_bucket, Bucket="Upper" + bucket)


# Objects


def round_trip(bucket):
    key = "a/b c/ü+%&=?#'\"<>.txt"
    etag = put(bucket, key, ContentType="text/x-test", CacheControl="no-cache", ContentLanguage="de",
               ContentDisposition='attachment; filename="x"')["ETag"]
    equal(etag, '"%s"' % hashlib.md5(b"content").hexdigest())
    got = s3.get_object(Bucket=bucket, Key=key)
    equal(got["Body"].read(), b"content")
    equal((got["ContentType"], got["CacheControl"], got["ContentLanguage"]), ("text/x-test", "no-cache", "de"))
    equal((got["ContentDisposition"], got["ContentLength"], got["ETag"]), ('attachment; filename="x"', 7, etag))
    equal(s3.head_object(Bucket=bucket, Key=key)["LastModified"], got["LastModified"])


def an_object_without_a_type_is_an_octet_stream(bucket):
    put(bucket, "key")
    equal(s3.head_object(Bucket=bucket, Key="key")["ContentType"], "binary/octet-stream")


def odd_keys(bucket):
    keys = ["a//b", "./x", "a/../b", "a\\b", "ü/ö", "日本", "+", "%41", "a b", "x/", "~", "(!*)", "a\tb", "a", "a/b/c"]
    for key in keys:
        put(bucket, key, key.encode())
    for key in keys:
        equal(read(bucket, key), key.encode())
    listed = s3.list_objects_v2(Bucket=bucket)
    equal([o["Key"] for o in listed["Contents"]], sorted(keys, key=str.encode))


def metadata_comes_back_as_sent(bucket):
    meta = {"k": "v", "two-words": "A b", "upper": "UP"}
    put(bucket, "key", Metadata=meta)
    equal(s3.get_object(Bucket=bucket, Key="key")["Metadata"], meta)
    equal(s3.head_object(Bucket=bucket, Key="key")["Metadata"], meta)
    put(bucket, "Mixed", Metadata={"CamelCase": "Value"})
    equal(s3.head_object(Bucket=bucket, Key="Mixed")["Metadata"], {"camelcase": "Value"})


def an_overwritten_object_leaves_nothing_behind(bucket):
    put(bucket, "key", Metadata={"old": "1"}, Tagging="a=b", ContentType="text/plain")
    put(bucket, "key", b"new", Metadata={"new": "1"})
    got = s3.get_object(Bucket=bucket, Key="key")
    equal((got["Metadata"], got["ContentType"], got.get("TagCount")), ({"new": "1"}, "binary/octet-stream", None))
    equal(s3.get_object_tagging(Bucket=bucket, Key="key")["TagSet"], [])


def an_unversioned_bucket_has_no_version_ids(bucket):
    for answer in (
        put(bucket, "key"), s3.head_object(Bucket=bucket, Key="key"), s3.get_object(Bucket=bucket, Key="key"),
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/key"), s3.delete_object(Bucket=bucket, Key="key"),
    ):
        assert "VersionId" not in answer, answer


def empty_objects(bucket):
    put(bucket, "empty", b"")
    put(bucket, "folder/", b"")
    equal(read(bucket, "empty"), b"")
    equal(s3.head_object(Bucket=bucket, Key="folder/")["ContentLength"], 0)
    fails("InvalidRange", 416, s3.get_object, Bucket=bucket, Key="empty", Range="bytes=0-")


def an_object_that_is_missing(bucket):
    message = fails("NoSuchKey", 404, s3.get_object, Bucket=bucket, Key="missing")
    equal(message, "The specified key does not exist.")
    fails("404", 404, s3.head_object, Bucket=bucket, Key="missing")
    status = s3.delete_object(Bucket=bucket, Key="missing")["ResponseMetadata"]["HTTPStatusCode"]
    equal(status, 204)


def ranges(bucket):
    put(bucket, "key", b"0123456789")
    for asked, want, said in (
        ("bytes=2-4", b"234", "bytes 2-4/10"), ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"), ("bytes=8-99", b"89", "bytes 8-9/10"),
    ):
        got = s3.get_object(Bucket=bucket, Key="key", Range=asked)
        equal((got["Body"].read(), got["ContentRange"]), (want, said))
        equal(got["ResponseMetadata"]["HTTPStatusCode"], 206)
    fails("InvalidRange", 416, s3.get_object, Bucket=bucket, Key="key", Range="bytes=10-12")


def conditional_reads(bucket):
    etag = put(bucket, "key")["ETag"]
    equal(read(bucket, "key", IfMatch=etag), b"content")
    fails("304", 304, s3.get_object, Bucket=bucket, Key="key", IfNoneMatch=etag)
    fails("PreconditionFailed", 412, s3.get_object, Bucket=bucket, Key="key", IfMatch='"other"')
    modified = s3.head_object(Bucket=bucket, Key="key")["LastModified"]
    fails("304", 304, s3.head_object, Bucket=bucket, Key="key", IfModifiedSince=modified)
    equal(read(bucket, "key", IfUnmodifiedSince=modified), b"content")


def conditional_writes(bucket):
    etag = put(bucket, "key", IfNoneMatch="*")["ETag"]
    fails("PreconditionFailed", 412, s3.put_object, Bucket=bucket, Key="key", Body=b"x", IfNoneMatch="*")
    put(bucket, "key", b"new", IfMatch=etag)
    fails("PreconditionFailed", 412, s3.put_object, Bucket=bucket, Key="key", Body=b"x", IfMatch=etag)
    equal(read(bucket, "key"), b"new")


def answers_with_other_headers(bucket):
    put(bucket, "key", ContentType="text/plain")
    got = s3.get_object(Bucket=bucket, Key="key", ResponseContentType="text/html", ResponseCacheControl="no-store")
    equal((got["ContentType"], got["CacheControl"]), ("text/html", "no-store"))


# Checksums


def the_default_checksum_is_kept(bucket):
    put(bucket, "key")
    head = s3.head_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
    want = base64.b64encode(zlib.crc32(b"content").to_bytes(4, "big")).decode()
    equal((head.get("ChecksumCRC32"), head.get("ChecksumType")), (want, "FULL_OBJECT"))


def checksums_of_every_kind(bucket):
    for name, value in (
        ("SHA256", base64.b64encode(hashlib.sha256(b"content").digest()).decode()),
        ("SHA1", base64.b64encode(hashlib.sha1(b"content").digest()).decode()),
        ("CRC32", base64.b64encode(zlib.crc32(b"content").to_bytes(4, "big")).decode()),
    ):
        equal(put(bucket, name, ChecksumAlgorithm=name)["Checksum" + name], value)
        got = s3.get_object(Bucket=bucket, Key=name, ChecksumMode="ENABLED")
        equal((got["Body"].read(), got["Checksum" + name]), (b"content", value))


def the_checksum_that_only_the_native_library_has(bucket):
    answer = put(bucket, "key", b"123456789", ChecksumAlgorithm="CRC64NVME")
    equal(answer["ChecksumCRC64NVME"], base64.b64encode(bytes.fromhex("ae8b14860a799888")).decode())
    equal(read(bucket, "key", ChecksumMode="ENABLED"), b"123456789")


def a_checksum_that_does_not_match(bucket):
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    fails("BadDigest", 400, s3.put_object, Bucket=bucket, Key="key", Body=b"content", ChecksumSHA256=wrong)
    fails("404", 404, s3.head_object, Bucket=bucket, Key="key")
    fails("BadDigest", 400, s3.put_object, Bucket=bucket, Key="key", Body=b"content",
          ContentMD5=base64.b64encode(hashlib.md5(b"other").digest()).decode())


def bodies_that_cannot_be_read_twice(bucket):
    class Once(io.RawIOBase):
        def __init__(self):
            self.rest = io.BytesIO(b"x" * 100_000)

        def readable(self):
            return True

        def readinto(self, into):
            return self.rest.readinto(into)

    s3.upload_fileobj(Once(), bucket, "key")
    equal(read(bucket, "key"), b"x" * 100_000)


# Lists


def lists_with_prefix_and_delimiter(bucket):
    for key in ("a/1", "a/2", "b", "c/x/y"):
        put(bucket, key)
    top = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    equal([p["Prefix"] for p in top["CommonPrefixes"]], ["a/", "c/"])
    equal(([o["Key"] for o in top["Contents"]], top["KeyCount"]), (["b"], 3))
    inner = s3.list_objects(Bucket=bucket, Prefix="a/", Delimiter="/")
    equal([o["Key"] for o in inner["Contents"]], ["a/1", "a/2"])
    equal((inner["Prefix"], inner["Delimiter"], inner["Marker"]), ("a/", "/", ""))
    equal(s3.list_objects_v2(Bucket=bucket, Prefix="zzz")["KeyCount"], 0)
    equal([o["Key"] for o in s3.list_objects_v2(Bucket=bucket, StartAfter="a/2")["Contents"]], ["b", "c/x/y"])


def lists_in_pages(bucket):
    keys = [f"k/{n}/& {n}" for n in range(7)]
    for key in keys:
        put(bucket, key)
    for name in ("list_objects", "list_objects_v2"):
        pages = list(s3.get_paginator(name).paginate(Bucket=bucket, PaginationConfig={"PageSize": 3}))
        equal([len(p["Contents"]) for p in pages], [3, 3, 1])
        equal([o["Key"] for p in pages for o in p["Contents"]], keys)
        equal([p["IsTruncated"] for p in pages], [True, True, False])
        pages = s3.get_paginator(name).paginate(Bucket=bucket, Prefix="k/", Delimiter="/", PaginationConfig={"PageSize": 2})
        equal([c["Prefix"] for p in pages for c in p["CommonPrefixes"]], [f"k/{n}/" for n in range(7)])


def listed_objects_have_their_facts(bucket):
    etag = put(bucket, "key")["ETag"]
    got = s3.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"][0]
    equal((got["ETag"], got["Size"], got["StorageClass"]), (etag, 7, "STANDARD"))
    assert got["Owner"]["ID"] and got["LastModified"].year > 2000, got
    head = s3.head_object(Bucket=bucket, Key="key")
    equal(got["LastModified"].replace(microsecond=0), head["LastModified"])


# Copies and removals


def copies(bucket):
    put(bucket, "from ü", ContentType="text/x-test", Metadata={"a": "1"}, Tagging="t=1")
    source = {"Bucket": bucket, "Key": "from ü"}
    result = s3.copy_object(Bucket=bucket, Key="to", CopySource=source)["CopyObjectResult"]
    assert result["ETag"] and result["LastModified"], result
    head = s3.head_object(Bucket=bucket, Key="to")
    equal((head["Metadata"], head["ContentType"]), ({"a": "1"}, "text/x-test"))
    equal(s3.get_object_tagging(Bucket=bucket, Key="to")["TagSet"], [{"Key": "t", "Value": "1"}])
    s3.copy_object(Bucket=bucket, Key="other", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"})
    head = s3.head_object(Bucket=bucket, Key="other")
    equal((head["Metadata"], head["ContentType"]), ({"b": "2"}, "binary/octet-stream"))
    s3.copy(source, bucket, "transferred")
    equal(read(bucket, "transferred"), b"content")


def copies_that_fail(bucket):
    put(bucket, "key", Metadata={"a": "1"})
    fails("NoSuchKey", 404, s3.copy_object, Bucket=bucket, Key="to", CopySource=f"{bucket}/missing")
    fails("NoSuchBucket", 404, s3.copy_object, Bucket=bucket, Key="to", CopySource=f"{bucket}-missing/key")
    message = fails("InvalidRequest", 400, s3.copy_object, Bucket=bucket, Key="key", CopySource=f"{bucket}/key")
    assert "without changing the object's metadata" in message, message
    s3.copy_object(Bucket=bucket, Key="key", CopySource=f"{bucket}/key", MetadataDirective="REPLACE", Metadata={"a": "2"})
    equal(s3.head_object(Bucket=bucket, Key="key")["Metadata"], {"a": "2"})


def several_objects_are_deleted(bucket):
    for key in ("a", "b", "ü &"):
        put(bucket, key)
    objects = [{"Key": k} for k in ("a", "ü &", "missing")]
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})["Deleted"]
    equal(sorted(d["Key"] for d in deleted), ["a", "missing", "ü &"])
    equal([o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]], ["b"])
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b"}], "Quiet": True})
    assert "Deleted" not in quiet and "Contents" not in s3.list_objects_v2(Bucket=bucket), quiet


# Multipart


def multipart_uploads(bucket):
    contents = [b"a" * (5 * MIB), b"b" * (5 * MIB), b"end"]
    upload, done = parts(bucket, "big/ü", *contents, Metadata={"kind": "multi"}, ContentType="text/x-test", Tagging="t=1")
    equal([u["Key"] for u in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]], ["big/ü"])
    listed = s3.list_parts(Bucket=bucket, Key="big/ü", UploadId=upload)["Parts"]
    equal([(p["PartNumber"], p["Size"]) for p in listed], [(1, 5 * MIB), (2, 5 * MIB), (3, 3)])
    etag = s3.complete_multipart_upload(
        Bucket=bucket, Key="big/ü", UploadId=upload, MultipartUpload={"Parts": done})["ETag"]
    sums = b"".join(hashlib.md5(c).digest() for c in contents)
    equal(etag, '"%s-3"' % hashlib.md5(sums).hexdigest())
    head = s3.head_object(Bucket=bucket, Key="big/ü")
    equal((head["ETag"], head["Metadata"], head["ContentType"]), (etag, {"kind": "multi"}, "text/x-test"))
    equal(read(bucket, "big/ü"), b"".join(contents))
    equal(s3.get_object_tagging(Bucket=bucket, Key="big/ü")["TagSet"], [{"Key": "t", "Value": "1"}])
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def large_files_are_transferred_in_parts(bucket):
    content = bytes(range(256)) * (9 * MIB // 256)
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    s3.upload_fileobj(io.BytesIO(content), bucket, "key", Config=config, ExtraArgs={"Metadata": {"a": "b"}})
    into = io.BytesIO()
    s3.download_fileobj(bucket, "key", into, Config=config)
    equal(hashlib.md5(into.getvalue()).hexdigest(), hashlib.md5(content).hexdigest())
    assert s3.head_object(Bucket=bucket, Key="key")["ETag"].endswith('-2"')
    s3.copy({"Bucket": bucket, "Key": "key"}, bucket, "copy", Config=config)
    equal(hashlib.md5(read(bucket, "copy")).hexdigest(), hashlib.md5(content).hexdigest())


def parts_are_copied(bucket):
    put(bucket, "from", b"0123456789")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="to")["UploadId"]
    part = s3.upload_part_copy(Bucket=bucket, Key="to", UploadId=upload, PartNumber=1,
                               CopySource=f"{bucket}/from", CopySourceRange="bytes=2-5")["CopyPartResult"]
    s3.complete_multipart_upload(Bucket=bucket, Key="to", UploadId=upload,
                                 MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    equal(read(bucket, "to"), b"2345")


def a_multipart_upload_without_parts(bucket):
    upload, _ = parts(bucket, "key", b"x")
    fails("MalformedXML", 400, s3.complete_multipart_upload, Bucket=bucket, Key="key", UploadId=upload,
          MultipartUpload={"Parts": []})


def multipart_uploads_that_fail(bucket):
    upload, done = parts(bucket, "key", b"x", b"y")
    complete = {"Bucket": bucket, "Key": "key", "UploadId": upload}
    fails("EntityTooSmall", 400, s3.complete_multipart_upload, MultipartUpload={"Parts": done}, **complete)
    fails("InvalidPartOrder", 400, s3.complete_multipart_upload, MultipartUpload={"Parts": done[::-1]}, **complete)
    wrong = [{"PartNumber": 1, "ETag": '"%s"' % ("0" * 32)}]
    fails("InvalidPart", 400, s3.complete_multipart_upload, MultipartUpload={"Parts": wrong}, **complete)
    s3.abort_multipart_upload(**complete)
    fails("NoSuchUpload", 404, s3.complete_multipart_upload, MultipartUpload={"Parts": done}, **complete)
    fails("NoSuchUpload", 404, s3.list_parts, **complete)
    fails("404", 404, s3.head_object, Bucket=bucket, Key="key")


def a_part_of_an_object(bucket):
    upload, done = parts(bucket, "key", b"a" * (5 * MIB), b"end")
    s3.complete_multipart_upload(Bucket=bucket, Key="key", UploadId=upload, MultipartUpload={"Parts": done})
    got = s3.get_object(Bucket=bucket, Key="key", PartNumber=2)
    equal((got["Body"].read(), got["PartsCount"]), (b"end", 2))


# Versions


def versions(bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    equal(s3.get_bucket_versioning(Bucket=bucket)["Status"], "Enabled")
    first, second = put(bucket, "key", b"1")["VersionId"], put(bucket, "key", b"2")["VersionId"]
    equal((read(bucket, "key"), read(bucket, "key", VersionId=first)), (b"2", b"1"))
    marker = s3.delete_object(Bucket=bucket, Key="key")
    assert marker["DeleteMarker"] is True, marker
    fails("NoSuchKey", 404, s3.get_object, Bucket=bucket, Key="key")
    listed = s3.list_object_versions(Bucket=bucket)
    equal([(v["VersionId"], v["IsLatest"]) for v in listed["Versions"]], [(second, False), (first, False)])
    equal([(m["VersionId"], m["IsLatest"]) for m in listed["DeleteMarkers"]], [(marker["VersionId"], True)])
    fails("MethodNotAllowed", 405, s3.get_object, Bucket=bucket, Key="key", VersionId=marker["VersionId"])
    s3.delete_object(Bucket=bucket, Key="key", VersionId=marker["VersionId"])
    equal(read(bucket, "key"), b"2")
    s3.delete_object(Bucket=bucket, Key="key", VersionId=second)
    equal(s3.get_object(Bucket=bucket, Key="key")["VersionId"], first)
    message = fails("NoSuchVersion", 404, s3.get_object, Bucket=bucket, Key="key", VersionId=second)
    equal(message, "The specified version does not exist.")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "key", "VersionId": first})
    equal(read(bucket, "copy"), b"1")


def versioning_is_suspended(bucket):
    put(bucket, "key", b"before")
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    put(bucket, "key", b"kept")
    equal(read(bucket, "key", VersionId="null"), b"before")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    put(bucket, "key", b"after")
    equal(read(bucket, "key"), b"after")
    equal(len(s3.list_object_versions(Bucket=bucket)["Versions"]), 2)


def versions_are_listed_in_pages(bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "b/1", "b/2"):
        put(bucket, key, b"1")
        put(bucket, key, b"2")
    pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 4}))
    equal([len(p["Versions"]) for p in pages], [4, 2])
    equal([v["Key"] for p in pages for v in p["Versions"]], ["a", "a", "b/1", "b/1", "b/2", "b/2"])
    equal([p["Prefix"] for p in s3.list_object_versions(Bucket=bucket, Delimiter="/")["CommonPrefixes"]], ["b/"])
    boto3.resource("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test",
                   aws_secret_access_key="test").Bucket(bucket).object_versions.delete()
    s3.delete_bucket(Bucket=bucket)


# What is kept beside objects


def object_tags(bucket):
    put(bucket, "key", Tagging="a=1&b=x%20y")
    want = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "x y"}]
    equal(s3.get_object_tagging(Bucket=bucket, Key="key")["TagSet"], want)
    equal(s3.get_object(Bucket=bucket, Key="key")["TagCount"], 2)
    s3.put_object_tagging(Bucket=bucket, Key="key", Tagging={"TagSet": [{"Key": "c", "Value": "ü"}]})
    equal(s3.get_object_tagging(Bucket=bucket, Key="key")["TagSet"], [{"Key": "c", "Value": "ü"}])
    s3.delete_object_tagging(Bucket=bucket, Key="key")
    equal(s3.get_object_tagging(Bucket=bucket, Key="key")["TagSet"], [])
    fails("NoSuchKey", 404, s3.get_object_tagging, Bucket=bucket, Key="missing")


def bucket_tags(bucket):
    fails("NoSuchTagSet", 404, s3.get_bucket_tagging, Bucket=bucket)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    equal(s3.get_bucket_tagging(Bucket=bucket)["TagSet"], [{"Key": "a", "Value": "1"}])
    s3.delete_bucket_tagging(Bucket=bucket)
    fails("NoSuchTagSet", 404, s3.get_bucket_tagging, Bucket=bucket)


def access_lists(bucket):
    put(bucket, "key", ACL="private")
    owner = s3.list_buckets()["Owner"]["ID"]
    for got in (s3.get_bucket_acl(Bucket=bucket), s3.get_object_acl(Bucket=bucket, Key="key")):
        equal((got["Owner"]["ID"], [g["Permission"] for g in got["Grants"]]), (owner, ["FULL_CONTROL"]))
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    s3.put_object_acl(Bucket=bucket, Key="key", ACL="private")


def settings_of_a_bucket_that_are_not_set(bucket):
    for code, call in (
        ("NoSuchBucketPolicy", s3.get_bucket_policy), ("NoSuchCORSConfiguration", s3.get_bucket_cors),
        ("NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration),
        ("NoSuchWebsiteConfiguration", s3.get_bucket_website),
        ("ReplicationConfigurationNotFoundError", s3.get_bucket_replication),
        ("ObjectLockConfigurationNotFoundError", s3.get_object_lock_configuration),
    ):
        fails(code, 404, call, Bucket=bucket)


def a_bucket_policy(bucket):
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}]})
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    equal(s3.get_bucket_policy(Bucket=bucket)["Policy"], policy)
    s3.delete_bucket_policy(Bucket=bucket)
    fails("NoSuchBucketPolicy", 404, s3.get_bucket_policy, Bucket=bucket)


def object_attributes(bucket):
    etag = put(bucket, "key")["ETag"]
    got = s3.get_object_attributes(Bucket=bucket, Key="key", ObjectAttributes=["ETag", "ObjectSize", "StorageClass"])
    equal((got["ETag"], got["ObjectSize"], got["StorageClass"]), (etag.strip('"'), 7, "STANDARD"))


# Without an SDK


def presigned_urls(bucket):
    for settings in ({"signature_version": "s3v4"}, {"signature_version": "s3"}):
        signer = client(s3={"addressing_style": "path"}, **settings)
        url = signer.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "a/ü b"})
        equal(fetch(url, b"content", "PUT")[0], 200)
        url = signer.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a/ü b"})
        equal(fetch(url)[:2], (200, b"content"))
    url = signer.generate_presigned_url(
        "get_object", {"Bucket": bucket, "Key": "a/ü b", "ResponseContentDisposition": "attachment"})
    equal(fetch(url)[2]["Content-Disposition"], "attachment")


def forms(bucket):
    form = s3.generate_presigned_post(bucket, "up/${filename}", Fields={"x-amz-meta-a": "b", "Content-Type": "text/x-test"},
                                      Conditions=[{"x-amz-meta-a": "b"}, {"Content-Type": "text/x-test"}])
    lines = []
    for name, value in form["fields"].items():
        lines += ["--boundary", f'Content-Disposition: form-data; name="{name}"', "", value]
    lines += ["--boundary", 'Content-Disposition: form-data; name="file"; filename="x.txt"', "", "content", "--boundary--", ""]
    status, _, headers = fetch(form["url"], "\r\n".join(lines).encode(), "POST",
                               {"Content-Type": "multipart/form-data; boundary=boundary"})
    equal(status, 204)
    head = s3.head_object(Bucket=bucket, Key="up/x.txt")
    equal((head["ETag"], head["Metadata"], head["ContentType"]), (headers["ETag"], {"a": "b"}, "text/x-test"))


def virtual_hosts(bucket):
    put(bucket, "key")
    host = f"{bucket}.s3.localhost.localstack.cloud:4566"
    equal(fetch(f"{endpoint}/key", headers={"Host": host})[:2], (200, b"content"))


def an_error_without_an_sdk(bucket):
    status, body, headers = fetch(f"{endpoint}/{bucket}/missing")
    equal((status, headers["Content-Type"]), (404, "application/xml"))
    for text in (b"<Code>NoSuchKey</Code>", b"<Key>missing</Key>", b"<RequestId>"):
        assert text in body, body
    assert headers["x-amz-request-id"], headers


# Other services


def who_one_is(bucket):
    got = client("sts").get_caller_identity()
    equal((got["Account"], got["Arn"]), ("000000000000", "arn:aws:iam::000000000000:root"))
    assert got["UserId"], got
    equal(client("sts", key="111111111111").get_caller_identity()["Account"], "111111111111")


checks = [f for f in list(globals().values()) if callable(f) and getattr(f, "__code__", None) and
          f.__code__.co_varnames[:f.__code__.co_argcount] == ("bucket",)]


def main():
    for number, check in enumerate(checks):
        if check.__name__ in sys.argv[2:]:
            continue
        problem = ""
        try:
            bucket = "check-%d-%s" % (number, hashlib.md5(check.__name__.encode()).hexdigest()[:6])
            s3.create_bucket(Bucket=bucket)
            check(bucket)
        except Exception as e:  # any is a result
            where = traceback.extract_tb(e.__traceback__)
            line = [f.lineno for f in where if f.filename == __file__ or f.filename == "<string>"]
            problem = f"line {line[-1] if line else '?'}: {type(e).__name__}: {e}"
        print(json.dumps({"check": check.__name__, "problem": problem}), flush=True)


main()
