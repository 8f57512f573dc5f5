"""S3 servers for the tests, and a bucket for each deployment, looked at with Amazon's own client."""

import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from harness.service import Service, private_service

KINDS = ["minio", "versitygw"]


class Bucket:
    """A bucket and what lies in it."""

    def __init__(self, store: "ObjectStore", name: str) -> None:
        self.store = store
        self.name = name
        self.url = f"s3://{name}"

    def keys(self, prefix: str = "") -> set[str]:
        pages = self.store.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return {each["Key"] for page in pages for each in page.get("Contents", [])}

    def sha256(self, key: str) -> str:
        """The digest of an object's bytes as they come back."""
        digest = hashlib.sha256()
        for piece in self.store.client.get_object(Bucket=self.name, Key=key)["Body"].iter_chunks(1 << 20):
            digest.update(piece)
        return digest.hexdigest()

    def has(self, key: str) -> bool:
        return key in self.keys(key)

    def parts(self, key: str) -> int:
        """How many parts an object was uploaded in; 0 for one that came in a piece."""
        etag: str = self.store.client.head_object(Bucket=self.name, Key=key)["ETag"].strip('"')
        return int(etag.partition("-")[2] or 0)

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.store.client.delete_object(Bucket=self.name, Key=key)

    def multiparts(self, keys: Iterable[str]) -> list[tuple[str, str]]:
        """Multipart uploads under way, as (key, upload id). MinIO lists those of a key only when asked for the key."""
        found = []
        for key in {"", *keys}:
            uploads = self.store.client.list_multipart_uploads(Bucket=self.name, Prefix=key).get("Uploads", [])
            found += [(upload["Key"], upload["UploadId"]) for upload in uploads]
        return sorted(set(found))

    def waiting_parts(self, key: str, upload_id: str) -> int:
        """Parts that were sent for a multipart upload that is under way."""
        return len(self.store.client.list_parts(Bucket=self.name, Key=key, UploadId=upload_id).get("Parts", []))

    def abort(self, key: str, upload_id: str) -> None:
        self.store.client.abort_multipart_upload(Bucket=self.name, Key=key, UploadId=upload_id)


class ObjectStore:
    """An S3 server, as http://ACCESS:SECRET@HOST:PORT/…"""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.endpoint = f"{parts.scheme}://{parts.hostname}:{parts.port}"
        self.credentials = {"AWS_ACCESS_KEY_ID": parts.username or "", "AWS_SECRET_ACCESS_KEY": parts.password or ""}
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=parts.username,
            aws_secret_access_key=parts.password,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}, proxies={}, retries={"total_max_attempts": 1}),
        )

    @contextmanager
    def bucket(self) -> Iterator[Bucket]:
        """A bucket that is emptied and removed at the end."""
        bucket = Bucket(self, f"runledger-{uuid.uuid4().hex}")
        self.client.create_bucket(Bucket=bucket.name)
        try:
            yield bucket
        finally:
            keys = bucket.keys()
            bucket.delete(keys)
            for key, upload_id in bucket.multiparts(keys):
                bucket.abort(key, upload_id)
            self.client.delete_bucket(Bucket=bucket.name)


@contextmanager
def running_stores() -> Iterator[dict[str, ObjectStore]]:
    """By kind: those in `RUNLEDGER_TEST_S3`, as KIND=URL,…, and the others as private ones for as long as the block."""
    given = os.environ.get("RUNLEDGER_TEST_S3", "")
    stores = {kind: ObjectStore(url) for kind, _, url in (each.partition("=") for each in given.split(",") if each)}
    with ExitStack() as stack:
        for kind in KINDS:
            if kind not in stores:
                stores[kind] = stack.enter_context(private_store(kind))[1]
        yield stores


@contextmanager
def private_store(kind: str = "minio") -> Iterator[tuple[Service, ObjectStore]]:
    """An S3 server that a test may stop."""
    with private_service("s3.sh", kind) as service:
        yield service, ObjectStore(service.start())
