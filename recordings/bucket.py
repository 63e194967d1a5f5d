"""The shelf as a bucket of an S3-compatible store: what is put there is sealed already, and the store has no key."""

from collections.abc import Iterable
from functools import lru_cache
from tempfile import TemporaryFile
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from config.database import refuse_inside_transaction
from config.settings import Settings
from recordings.errors import NotThere, ShelfUnavailable

_GONE: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_PURPOSE: Final = "it opens the store of recordings that PULT_RECORDINGS_BUCKET names"


class BucketShelf:
    """Sealed recordings in a bucket, under a prefix; answers `recordings.shelf.SealedShelf`.

    Every method may raise ShelfUnavailable, and refuses to run inside a transaction.
    """

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix

    def put(self, name: str, pieces: Iterable[bytes]) -> None:
        """See `SealedShelf`: the store has it whole once it says so."""
        # The store wants to be told the length and the hash first; what is sealed may lie on a disk meanwhile.
        with TemporaryFile() as file:
            file.writelines(pieces)
            file.seek(0)
            self._ask("put_object", name, Body=file, ContentType="application/octet-stream")

    def size(self, name: str) -> int:
        """See `SealedShelf`."""
        return int(self._ask("head_object", name)["ContentLength"])

    def read(self, name: str, *, start: int, length: int) -> bytes:
        """See `SealedShelf`."""
        return self._content(name, Range=f"bytes={start}-{start + length - 1}")

    def get(self, name: str) -> bytes:
        """See `SealedShelf`."""
        return self._content(name)

    def remove(self, name: str) -> None:
        """See `SealedShelf`."""
        self._ask("delete_object", name)

    def _content(self, name: str, **how: str) -> bytes:
        body = self._ask("get_object", name, **how)["Body"]
        try:
            content: bytes = body.read()
        except BotoCoreError as error:
            raise ShelfUnavailable(name) from error
        return content

    def _ask(self, verb: str, name: str, **how: Any) -> Any:
        refuse_inside_transaction(f"bucket:{verb}")
        try:
            return getattr(self._client, verb)(Bucket=self._bucket, Key=f"{self._prefix}{name}", **how)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _GONE:
                raise NotThere(name) from error
            raise ShelfUnavailable(f"{verb}: {code}") from error
        except BotoCoreError as error:
            raise ShelfUnavailable(verb) from error


def bucket_shelf(settings: Settings, place: str) -> BucketShelf:
    """The shelf at `place`, `bucket` or `bucket/prefix`. Raises SettingMissing."""
    bucket, _, prefix = place.partition("/")
    client = _client(
        settings.named.get("PULT_S3_ENDPOINT", ""),
        settings.named.get("PULT_S3_REGION", "us-east-1"),
        settings.require("PULT_S3_KEY", _PURPOSE),
        settings.require("PULT_S3_SECRET", _PURPOSE),
    )
    return BucketShelf(client, bucket, f"{prefix.rstrip('/')}/" if prefix else "")


# Made once a process: it takes a tenth of a second, and may be used from every thread.
@lru_cache(maxsize=4)
def _client(endpoint: str, region: str, key: str, secret: str) -> Any:
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(
            connect_timeout=3,
            read_timeout=10,
            retries={"max_attempts": 1},
            s3={"addressing_style": "path"},
            # Checksums in trailers are known to Amazon alone.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            # The environment's proxy has no business with a store on loopback.
            proxies={} if endpoint.startswith("http://") else None,
        ),
    )
