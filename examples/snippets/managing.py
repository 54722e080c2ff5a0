"""What a script can do with a hub. Run it with AzureSignalRConnectionString set."""

import asyncio
from datetime import timedelta

from serverless_hub import HubContext, Negotiation, SendOptions, SyncHubContext
from serverless_hub.management import CloseConnection, JoinGroup, RetryPolicy, SendMessage


# --8<-- [start:manage]
async def manage(chat: HubContext, connection_id: str) -> None:
    await chat.groups.add(connection_id, "guests")
    await chat.user_groups.add("ann", "guests", ttl=3600)
    if await chat.users.exists("bob"):
        await chat.users.close("bob", "see you tomorrow")
    await chat.groups.close("guests", "the party is over", excluded=[connection_id])


# --8<-- [end:manage]
# --8<-- [start:execute]
async def promote(chat: HubContext) -> None:
    await chat.execute(
        JoinGroup("staff"),
        SendMessage("promoted", ["welcome"]),
        only="startswith(userId, 'staff-') and not ('guests' in groups)",
    )
    await chat.execute(CloseConnection("sign in, please"), only="userId eq null")


# --8<-- [end:execute]
# --8<-- [start:negotiate]
async def invite(chat: HubContext) -> dict[str, str]:
    info = await chat.negotiate(Negotiation(user_id="ann", lifetime=timedelta(minutes=5)))
    return info.model_dump()


# --8<-- [end:negotiate]
# --8<-- [start:sync]
def remind() -> None:
    with SyncHubContext(HubContext.from_settings("chat")) as chat:
        chat.clients.user("ann").send("receiveMessage", "Do not forget the milk")
        chat.groups.remove_from_all("GdXxvTFVKVVAvXJbW9Yqhw")


# --8<-- [end:sync]
# --8<-- [start:options]
patient = SendOptions(timeout=10, retry=RetryPolicy(mode="fixed", max_retries=5, delay=2))
# --8<-- [end:options]


async def main() -> None:
    async with HubContext.from_settings("chat", options=patient) as chat:
        await promote(chat)
        await manage(chat, "GdXxvTFVKVVAvXJbW9Yqhw")
        await invite(chat)


if __name__ == "__main__":
    asyncio.run(main())
    remind()
