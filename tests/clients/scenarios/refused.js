// Nobody who may not: turned away at negotiate, and by on_connected, without coming back.
const { build, error, run, tell } = require("./support");

run(async () => {
  tell(await error(build("stranger").start()));
  const connection = build("banned", { reconnect: true });
  const closed = new Promise((resolve) => connection.onclose((reason) => resolve(reason?.message)));
  connection.onreconnecting(() => tell("reconnecting"));
  const failed = await error(connection.start());
  tell(failed ?? (await closed));
});
