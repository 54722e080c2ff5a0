// Calls in flight while the line is cut again and again: each is made once, each answer and message comes once, in order.
const { build, run, tell } = require("./support");

const count = Number(process.argv[4]);

run(async () => {
  const connection = build("ann", { stateful: true });
  const ticks = [];
  const broken = [];
  connection.on("welcome", (text) => ticks.push(text));
  connection.on("tick", (number) => ticks.push(number));
  connection.on("double", (number) => 2 * number);
  connection.onclose((error) => {
    tell({ broken: error?.message ?? null, ticks });
    process.exit(0);
  });
  connection.onreconnecting(() => broken.push("reconnecting"));
  await connection.start();
  const id = connection.connectionId;
  const results = [];
  for (let number = 0; number < count; number += 10) {
    const batch = [...Array(10).keys()].map((offset) => connection.invoke("take", number + offset, "x".repeat(100)));
    results.push(...(await Promise.all(batch)));
  }
  const asked = await connection.invoke("ask", 21);
  tell({ results, ticks, asked, broken, same: connection.connectionId === id });
  connection.off("close");
  process.exit(0);
});
