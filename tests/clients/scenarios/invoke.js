// Results, errors, many calls at once, large and strange values.
const { error, run, start, tell } = require("./support");

run(async () => {
  const connection = await start("ann");
  tell(await connection.invoke("echo", "Grüße, 世界 🎉"));
  tell(await connection.invoke("ECHO", { deep: [1, 2.5, null, true, { a: [] }] }));
  tell((await connection.invoke("nothing")) === undefined);
  tell(await connection.invoke("connectionId") === connection.connectionId);
  tell(await error(connection.invoke("refuse")));
  tell(await error(connection.invoke("fail")));
  tell(await error(connection.invoke("add", 1)));
  tell(await error(connection.invoke("add", 1, "two")));
  tell(await error(connection.invoke("missing")));
  tell(await error(new Promise((resolve, reject) => connection.stream("echo", 1).subscribe({ error: reject, complete: resolve }))));
  tell(await Promise.all([1, 2, 3, 4, 5].map((n) => connection.invoke("add", n, n))));
  const large = "x".repeat(100 * 1024);
  tell((await connection.invoke("echo", large)) === large);
  await connection.stop();
});
