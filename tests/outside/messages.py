"""What devices push and pull is bytes to everybody else: they are made up as such."""

import schemathesis

schemathesis.serializer.alias("application/cbor", "application/octet-stream")
