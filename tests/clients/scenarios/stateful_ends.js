// What ends a stateful connection, though its client would like to go on: it comes back by itself as another one.
const { build, error, run, tell } = require("./support");

run(async () => {
  const connection = build("ann", { stateful: true, reconnect: true });
  const reconnecting = [];
  connection.onreconnecting((reason) => reconnecting.push(reason?.message ?? null));
  await connection.start();
  for (const end of ["closeMe", "dropMe"]) {
    const before = connection.connectionId;
    const again = end === "closeMe" && new Promise((resolve) => connection.onreconnected(resolve));
    await error(connection.invoke(end));
    if (again) await again;
    const which = connection.connectionId === before ? "the same" : "another";
    tell([end, which, (await connection.invoke("connectionId")) === connection.connectionId]);
  }
  tell(reconnecting);
  await connection.stop();
});
