// What every client does, over one transport: values of all kinds, many and large calls, calls by the server, groups,
// users, results of the client, being closed, restarted and cut off.
const { error, next, run, start, tell } = require("./support");
const binary = process.argv[3] === "messagepack";

const values = [null, true, -1, 2 ** 53 - 1, 0.1, "", "Grüße, 世界 🎉\u2028\n\r\x00\x1f", [], {}, [{ a: [null, [1.5]] }]];

const parts = {
  async calls() {
    const connection = await start("ann");
    const echoed = await connection.invoke("echo", values);
    tell(JSON.stringify(echoed) === JSON.stringify(values));
    tell(await connection.invoke("echo", new Date(Date.UTC(2026, 0, 2))));
    if (binary) tell(Array.from(await connection.invoke("reversed", new Uint8Array([0, 127, 128, 255]))));
    for (const size of [60 * 1024, 1024 * 1024]) {
      const large = "ä".repeat(size / 2);
      tell((await connection.invoke("echo", large)) === large);
    }
    tell(await Promise.all([...Array(10).keys()].map((n) => connection.invoke("add", n, n))));
    tell(await error(connection.invoke("refuse")));
    connection.on("askedFor", (what) => `${what} of ann`);
    tell(await connection.invoke("ask", "the colour"));
    await connection.stop();
  },

  async deliver() {
    const [ann, ben] = [await start("ann"), await start("ben")];
    const heard = [];
    for (const [name, one] of Object.entries({ ann, ben })) one.on("HEARD", (text) => heard.push(`${name}: ${text}`));
    await ann.invoke("join", "room");
    for (const send of [
      ["tellAll", "all"],
      ["tellOthers", "others"],
      ["tellGroup", "room", "group"],
      ["tellUser", "ben", "user"],
      ["tellConnection", ben.connectionId, "connection"],
    ]) {
      const marks = [ann, ben].map((connection) => next(connection, "mark"));
      await ann.send(...send);
      await ann.invoke("mark");
      await Promise.all(marks);
    }
    tell(heard.sort());
    await Promise.all([ann.stop(), ben.stop()]);
  },

  async ends() {
    const connection = await start("ann", { reconnect: true });
    const first = connection.connectionId;
    for (const end of ["closeMe", "dropMe"]) {
      const before = connection.connectionId;
      const again = new Promise((resolve) => connection.onreconnected(resolve));
      connection.invoke(end).catch(() => undefined);
      const id = await again;
      tell([id !== before, id === connection.connectionId, await connection.invoke("echo", end)]);
    }
    await connection.stop();
    await connection.start();
    tell(connection.connectionId !== first);
    await connection.stop();
  },

  async refused() {
    const connection = await start("banned").catch((refused) => tell(refused.message));
    if (connection !== undefined) connection.onclose((reason) => tell(reason.message));
  },
};

run(async () => {
  await parts[process.argv[4]]();
});
