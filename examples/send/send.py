import asyncio

from serverless_hub import HubContext


async def main() -> None:
    async with HubContext.from_settings("chat") as chat:
        await chat.clients.all.send("receiveMessage", "Good morning")
        async for member in chat.groups.members("lobby"):
            print("told", member.connection_id)


asyncio.run(main())
