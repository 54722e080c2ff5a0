// The same connection object, stopped and started again: a new id, and its handlers still there.
const { next, run, start, tell } = require("./support");

run(async () => {
  const connection = await start("ann");
  const first = connection.connectionId;
  await connection.stop();
  tell(connection.connectionId);
  const heard = next(connection, "heard");
  await connection.start();
  tell(connection.connectionId !== first);
  tell(await connection.invoke("connectionId") === connection.connectionId);
  await connection.send("tellAll", "again");
  tell(await heard);
  await connection.stop();
});
