// An abrupt drop, and a close by the server that allows to come back: the client reconnects by itself, with a new id.
const { error, run, start, tell } = require("./support");

run(async () => {
  const connection = await start("ann", { reconnect: true });
  for (const end of ["dropMe", "closeMe"]) {
    const before = connection.connectionId;
    const again = new Promise((resolve) => connection.onreconnected(resolve));
    await error(connection.invoke(end));
    const id = await again;
    tell([id !== before, id === connection.connectionId, await connection.invoke("echo", end)]);
  }
  await connection.stop();
});
