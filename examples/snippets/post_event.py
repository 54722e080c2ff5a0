"""What a SignalR service does when a client calls a method. Run it beside `uvicorn upstream:app`."""

import hmac
import json
import sys
from contextlib import closing
from http.client import HTTPConnection

# --8<-- [start:post]
CONNECTION_ID = "GdXxvTFVKVVAvXJbW9Yqhw"


def signature(connection_id: str, *access_keys: str) -> str:
    digests = (hmac.digest(key.encode(), connection_id.encode(), "sha256") for key in access_keys)
    return ",".join(f"sha256={digest.hex()}" for digest in digests)


def post_event(host: str, access_key: str) -> tuple[int, bytes]:
    body = {"type": 1, "invocationId": "0", "target": "add", "arguments": [40, 2]}
    headers = {
        "Content-Type": "application/json",
        "X-ASRS-Connection-Id": CONNECTION_ID,
        "X-ASRS-Hub": "chat",
        "X-ASRS-Category": "messages",
        "X-ASRS-Event": "add",
        "X-ASRS-Signature": signature(CONNECTION_ID, access_key),
    }
    with closing(HTTPConnection(host)) as connection:
        connection.request("POST", "/runtime/webhooks/signalr", json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, response.read()


# --8<-- [end:post]
if __name__ == "__main__":
    status, answer = post_event("localhost:8000", "an access key for this page only")
    sys.stdout.write(f"{status} {answer!r}\n")
