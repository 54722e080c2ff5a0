from typing import Annotated

from fastapi import Depends, FastAPI

from serverless_hub import EmbeddedService, HubRouter, InvocationContext
from serverless_hub.bindings import SignalRMessage, SignalROutput

# --8<-- [start:trigger]
router = HubRouter(default_service=EmbeddedService())
Messages = Annotated[SignalROutput, Depends(router.output("quiz"))]


@router.trigger(hub="quiz", event="answer", parameter_names=["question", "text"])
async def answer(question: int, text: str, invocation: InvocationContext, messages: Messages) -> None:
    message = SignalRMessage(
        target="answered",
        group_name=f"question-{question}",
        arguments=[invocation.user_id, text],
    )
    await messages.add(message)


app = FastAPI()
router.install(app)
# --8<-- [end:trigger]
