// What the official client's own functional tests look for in a server, and no other scenario here does.
const { Worker, isMainThread } = require("node:worker_threads");
const signalR = require("@microsoft/signalr");
const { JsonHubProtocol } = signalR;
const { MessagePackHubProtocol } = require("@microsoft/signalr-protocol-msgpack");
const { build, error, run, start, tell } = require("./support");

const [url, , part, token] = process.argv.slice(2);
const { WebSockets, ServerSentEvents, LongPolling } = signalR.HttpTransportType;

const protocols = [new JsonHubProtocol(), new MessagePackHubProtocol()];

const connect = (path, options = {}, protocol = protocols[0]) =>
  new signalR.HubConnectionBuilder()
    .withUrl(url + path, options)
    .withHubProtocol(protocol)
    .configureLogging(signalR.LogLevel.None)
    .withAutomaticReconnect([0, 50, 100, 200])
    .build();
const straight = (options, protocol) =>
  connect("/_signalr/client/?hub=chat", { accessTokenFactory: async () => token, ...options }, protocol);
const chosen = (connection) => connection.connection.transport.constructor.name;

const parts = {
  // Which transport it takes, and that it works.
  async transport() {
    for (const protocol of protocols) {
      const connection = connect("/chat", {}, protocol);
      await connection.start();
      tell([chosen(connection), await connection.invoke("echo", "Grüße, 世界")]);
      await connection.stop();
    }
  },

  // Straight to a WebSocket, without any negotiate: it has no id, and comes back.
  async skip() {
    for (const protocol of protocols) {
      const connection = straight({ skipNegotiation: true, transport: WebSockets }, protocol);
      await connection.start();
      tell([connection.connectionId ?? null, await connection.invoke("echo", 1)]);
      const before = await connection.invoke("connectionId");
      const again = new Promise((resolve) => connection.onreconnected((id) => resolve(id ?? null)));
      connection.send("dropMe");
      tell([await again, (await connection.invoke("connectionId")) !== before]);
      await connection.stop();
    }
  },

  // What people read when they are not let in.
  async refused() {
    tell(await error(straight({ accessTokenFactory: () => "no token" }).start()));
    tell(await error(straight({ skipNegotiation: true, transport: WebSockets, accessTokenFactory: () => "x" }).start()));
    tell(await error(connect("/more/locked").start()));
    tell(await error(connect("/absent").start()));
    const other = Object.assign(new JsonHubProtocol(), { name: "carrier-pigeon" });
    tell(await error(straight({}, other).start()));
  },

  // The service says nothing for longer than the client waits, or just often enough.
  async silence() {
    const lives = [WebSockets, ServerSentEvents].map(async (transport) => {
      const connection = straight({ transport });
      connection.serverTimeoutInMilliseconds = 1500;
      connection.keepAliveIntervalInMilliseconds = 60_000;
      const lost = new Promise((resolve) => connection.onreconnecting((reason) => resolve(reason.message)));
      await connection.start();
      tell(await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, 2000, "still there"))]));
      await connection.stop();
    });
    await Promise.all(lives);
  },

  // Negotiate is somewhere else, with HTTP's word for that or with SignalR's.
  async moved() {
    for (const path of ["/moved", "/elsewhere"]) {
      const connection = connect(path);
      await connection.start();
      tell(await connection.invoke("echo", path));
      const before = connection.connectionId;
      const again = new Promise((resolve) => connection.onreconnected(resolve));
      connection.send("dropMe");
      tell([(await again) !== before, (await connection.invoke("connectionId")) === connection.connectionId]);
      await connection.stop();
    }
  },

  // Cookies of negotiate come back with the next request, expired ones do not.
  async cookies() {
    for (const transport of [LongPolling, ServerSentEvents]) {
      const connection = connect("/more/visits", { transport });
      for (let number = 0; number < 2; number += 1) {
        await connection.start();
        tell(await connection.invoke("userId"));
        await connection.stop();
      }
    }
  },

  // Everything in a thread of its own.
  async worker() {
    if (isMainThread) {
      const worker = new Worker(__filename, { argv: process.argv.slice(2) });
      await new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
      return;
    }
    const connection = await start("ann");
    tell([isMainThread, await connection.invoke("echo", "from a worker")]);
    await connection.stop();
  },
};

run(parts[part]);
