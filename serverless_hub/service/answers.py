"""What a client hears about its call, from the app's HTTP answer.

Texts as Azure's emulator and Azure itself send them (HttpServerlessMessageHandler.cs; azure-signalr issue 918).
"""

from http import HTTPStatus

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import HubProtocol
from serverless_hub.protocol.messages import NO_RESULT, Completion
from serverless_hub.service.ports import UpstreamResponse

__all__ = ["TOO_LARGE", "completion_of", "failed_completion"]

TOO_LARGE = "Invocation failed, response too large."


def completion_of(response: UpstreamResponse, invocation_id: str, protocol: HubProtocol) -> bytes:
    """Return the completion to send, with its frame.

    Raises:
        ProtocolError: the app answered 200 with something that is not the completion of this call.
    """
    if response.status not in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}:
        return failed_completion(response.status, invocation_id, protocol)
    if response.trusted and response.body:
        return response.body
    if not response.body:
        return protocol.encode(Completion(invocation_id))
    splitter = protocol.splitter(len(response.body))
    payloads = splitter.feed(response.body)
    message = protocol.decode(payloads[0]) if len(payloads) == 1 and not splitter.rest() else None
    if isinstance(message, Completion) and message.invocation_id == invocation_id and not _says_two_things(message):
        return response.body
    raise ProtocolError("the app answered 200 with a body that is not the completion of the call")


def failed_completion(status: int, invocation_id: str, protocol: HubProtocol) -> bytes:
    """Return the completion of a call whose HTTP answer had another status than 200."""
    return protocol.encode(Completion(invocation_id, error=f"Invocation failed, status code {status}"))


def _says_two_things(completion: Completion) -> bool:
    """Tell whether there are a result and an error: the JavaScript client ends its connection then."""
    return bool(completion.error) and completion.result is not NO_RESULT and bytes(completion.result) != b"null"
