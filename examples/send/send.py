import asyncio
import os

from serverless_hub import HubContext


async def main() -> None:
    service = os.environ["AzureSignalRConnectionString"]
    async with HubContext.from_connection_string(service, "chat") as chat:
        await chat.clients.all.send("receiveMessage", "Good morning")
        async for member in chat.groups.members("lobby"):
            print("told", member.connection_id)


asyncio.run(main())
