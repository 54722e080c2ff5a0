import json
from typing import Protocol


class Out(Protocol):  # azure.functions.Out[str]
    def set(self, value: str) -> None: ...


# --8<-- [start:main]
def main(invocation: str, messages: Out) -> None:
    event = json.loads(invocation)
    question, text = event["Arguments"]
    messages.set(
        json.dumps(
            {
                "target": "answered",
                "groupName": f"question-{question}",
                "arguments": [event["UserId"], text],
            }
        )
    )


# --8<-- [end:main]
