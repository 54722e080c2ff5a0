"""What a fuzzer begins with: good input of every kind, and some that is nearly good."""

from serverless_hub.protocol.binary_body import write_binary_body
from serverless_hub.protocol.codec import JSON, MESSAGEPACK
from serverless_hub.protocol.messages import Invocation, StreamItem
from tests.fuzz.targets import KEY
from tests.protocol.test_wire_vectors import READ_ONLY, VECTORS
from tests.support.client_tokens import client_token

__all__ = ["SEEDS"]

_MESSAGES = [vector.message for vector in VECTORS]
_CALL = Invocation("Send", (42, "hé", None, {"a": [1.5, True]}), "1")
_COMMANDS = (
    b'[{"type":"SendMessage","message":{"target":"t","arguments":[1]}},{"type":"JoinGroup","group":"g"},'
    b'{"type":"LeaveGroup","group":"g"},{"type":"CloseConnection","reason":"r"}]'
)
_TOKEN = client_token(KEY, now=0, user_id="ann", claims={"role": ["a", "b"]})
_SETTINGS = (
    b'{ // of an app\n "UpstreamSettings": {"Templates": [{"UrlTemplate": "http://localhost/{hub}/api/{event}",'
    b'"HubPattern": "chat", "EventPattern": "*", "CategoryPattern": "messages,connections",'
    b'"Auth": {"Type": "ManagedIdentity", "ManagedIdentity": {"Resource": "api://app"}},},]}}'
)

SEEDS: dict[str, list[bytes]] = {
    "handshake": [
        *(b'{"protocol":"json","version":%d}' % version for version in (-1, 0, 1, 2, 3)),
        b'{"protocol":"messagepack","version":1}',
        b' {"version":1,"x":[{}],"protocol":"\\ud83d\\ude00"} ',
    ],
    "json_protocol": [
        b"".join(JSON.encode(message) for message in _MESSAGES),
        *(JSON.encode(message) for message in _MESSAGES),
        *(payload + b"\x1e" for _, protocol, payload, _ in READ_ONLY if protocol is JSON),
        b'{"type":1,"target":"a","arguments":["\xff",1e999]}\x1e',
        b'{"type":1,"target":"a","arguments":' + b"[" * 70 + b"]" * 70 + b"}\x1e",
    ],
    "messagepack_protocol": [
        b"".join(MESSAGEPACK.encode(message) for message in _MESSAGES),
        *(MESSAGEPACK.encode(message) for message in _MESSAGES),
        *(bytes([len(payload)]) + payload for _, protocol, payload, _ in READ_ONLY if protocol is MESSAGEPACK),
        bytes.fromhex("0e 96 01 80 a131 a161 92 c70301 aabbcc 90"),
    ],
    "upstream_request": [
        b"application/json Send\n" + JSON.unframe(JSON.encode(_CALL)),
        b'application/json send\n{"Type":1,"Target":"Send","Arguments":[1],"InvocationId":"1"}',
        b"application/x-msgpack Send\n" + MESSAGEPACK.unframe(MESSAGEPACK.encode(_CALL)),
        b'application/json disconnected\n{"type":11,"error":"gone"}',
        b'application/json; charset=utf-8 connected\n{"type":10}',
        b'x name: a, role: "b", role: c\n{"error":"no"}',
    ],
    "negotiate_query": [
        b"hub=chat&negotiateVersion=1&useStatefulReconnect=true",
        b"hub=chat&id=abc&access_token=" + _TOKEN.encode(),
        b"hub=Chat&asrs_request_id=1&x=%F0%9F%98%80&x=%ff&&=;",
    ],
    "connection_string": [
        b"Endpoint=https://name.service.signalr.net;AccessKey=abc=;Version=1.0;",
        b"Endpoint=http://localhost;Port=8888;AccessKey=abc=;ClientEndpoint=https://[::1]:8443/path",
        b"Endpoint=https://x;AuthType=azure.app;ClientId=1;TenantId=2;ClientSecret=3;",
        b"Endpoint=https://x;AuthType=azure.msi;ClientId=1",
    ],
    "odata_filter": [
        b"userId eq 'ann' and (not ('g' in groups)) or connectionId ne 'it''s'",
        b"substring(userId,5,2) in ('ab', null) and length(groups) ge 1",
        b"indexof(tolower(trim(userId)),'-') gt -1 or startswith(userId,'u') eq false",
        b"(" * 70 + b"true" + b")" * 70,
    ],
    "rest_body": [
        b'\0{"Target":"Send","Arguments":[1,"a"]}',
        b"\0" + _COMMANDS,
        b"\1" + MESSAGEPACK.encode_value({"target": "Send", "arguments": [1]}),
        b"\2" + write_binary_body(_CALL),
        b"\2" + write_binary_body(StreamItem("1", [1])),
        b"\2" + MESSAGEPACK.encode_value({"json": b'{"type":2,"invocationId":"1"}\x1e'}),  # found by the fuzzer
        b'\3{"target":"t"}',
    ],
    "rest_query": [b"filter=userId%20eq%20'a'&ttl=10&removed=true", b"%ff=1&TTL=01&ttl=2"],
    "settings_file": [_SETTINGS, b"\xef\xbb\xbf{}", b'{"UpstreamSettings":null /* open'],
}
"""By the name of the target."""
