"""Tell everybody who has the poll open. Run it as `python notice.py 'One minute left'`."""

import asyncio
import sys

from serverless_hub import HubContext


async def tell(text: str) -> None:
    async with HubContext.from_settings("poll") as poll:
        await poll.clients.all.send("notice", text)


if __name__ == "__main__":
    asyncio.run(tell(sys.argv[1]))
