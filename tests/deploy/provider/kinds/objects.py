"""Objects in a bucket."""

from __future__ import annotations

from tests.deploy.provider.core import Kind
from tests.deploy.provider.values import Properties, content


class BucketObject(Kind):
    """An object from a file or a text. Its id is its key."""

    token = "aws:s3/bucketObjectv2:BucketObjectv2"
    required = frozenset({"bucket", "key", "contentType"})
    optional = frozenset({"cacheControl", "content", "source"})
    replaced_by = frozenset({"bucket", "key"})
    moving = frozenset({"etag"})

    def make(self, inputs: Properties) -> str:
        """Upload the object."""
        self.change(inputs["key"], {}, inputs)
        key: str = inputs["key"]
        return key

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return ARN and entity tag."""
        head = self.aws["s3"].head_object(Bucket=state["bucket"], Key=identity)
        return {
            "arn": f"arn:aws:s3:::{state['bucket']}/{identity}",
            "etag": head["ETag"].strip('"'),
        }

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Upload the object again."""
        body = new["content"].encode() if "content" in new else content(new["source"])
        caching = {"CacheControl": new["cacheControl"]} if "cacheControl" in new else {}
        self.aws["s3"].put_object(
            Bucket=new["bucket"],
            Key=identity,
            Body=body,
            ContentType=new["contentType"],
            **caching,
        )

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the object."""
        self.aws["s3"].delete_object(Bucket=state["bucket"], Key=identity)
