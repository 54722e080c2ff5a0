// Bytes there and back (MessagePack only).
const { run, start, tell } = require("./support");

run(async () => {
  const connection = await start("ann");
  tell(Array.from(await connection.invoke("reversed", new Uint8Array([0, 127, 128, 255]))));
  await connection.stop();
});
