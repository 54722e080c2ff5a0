// The official client, driven line by line: tests/clients/matrix/lines.py has the language.
const readline = require("node:readline");
const signalR = require("@microsoft/signalr");
const { MessagePackHubProtocol } = require("@microsoft/signalr-protocol-msgpack");

const [transport, protocol] = process.argv.slice(2);
const connections = {};
const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");

const each = (value, change) =>
  Array.isArray(value) ? value.map(change) : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item)]));

const pack = (value) => {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (value instanceof Date) return { $date: value.toISOString() };
  return value !== null && typeof value === "object" ? each(value, pack) : value;
};

const unpack = (value) => {
  if (value === null || typeof value !== "object") return value;
  if (value.$bytes !== undefined) return new Uint8Array(Buffer.from(value.$bytes, "base64"));
  if (value.$date !== undefined) return new Date(value.$date);
  return each(value, unpack);
};

const answers = {
  colour: () => "green",
  nothing: () => undefined,
  throw: () => {
    throw new Error("no idea");
  },
};

const build = (name, { url, token, reconnect, stateful }) => {
  const options = { transport: signalR.HttpTransportType[transport], headers: { name } };
  if (token) options.accessTokenFactory = async () => token;
  let builder = new signalR.HubConnectionBuilder().withUrl(url, options).configureLogging(signalR.LogLevel.None);
  if (protocol === "messagepack") builder = builder.withHubProtocol(new MessagePackHubProtocol());
  if (reconnect.length) builder = builder.withAutomaticReconnect(reconnect);
  if (stateful) builder = builder.withStatefulReconnect();
  const connection = builder.build();
  const happens = (event, value = null) => say({ event, name, value: pack(value) });
  connection.on("HEARD", (text) => happens("heard", text)); // The hub says "heard".
  connection.on("askedFor", (what) => answers[what]());
  connection.onclose((error) => happens("closed", error?.message));
  connection.onreconnecting((error) => happens("reconnecting", error?.message));
  connection.onreconnected((id) => happens("reconnected", id));
  return connection;
};

const commands = {
  async start({ name, ...options }) {
    connections[name] ??= build(name, options);
    await connections[name].start();
    return connections[name].connectionId;
  },
  invoke: ({ name, target, arguments: values }) => connections[name].invoke(target, ...unpack(values)),
  send: ({ name, target, arguments: values }) => connections[name].send(target, ...unpack(values)),
  stop: ({ name }) => connections[name].stop(),
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const command = JSON.parse(line);
  commands[command.do](command).then(
    (result) => say({ id: command.id, result: pack(result ?? null) }),
    (error) => say({ id: command.id, error: error.message }),
  );
});
