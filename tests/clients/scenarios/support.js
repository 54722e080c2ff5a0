// What every scenario needs: a connection, a way to wait, and a way to tell what happened (one JSON value per line).
const signalR = require("@microsoft/signalr");
const { MessagePackHubProtocol } = require("@microsoft/signalr-protocol-msgpack");

const [url, protocol] = process.argv.slice(2);
const transport = signalR.HttpTransportType[process.env.SIGNALR_TRANSPORT]; // undefined: what the client chooses

exports.tell = (what) => console.log(JSON.stringify(what));

exports.build = (name, { reconnect = false, stateful = false, hub = "chat" } = {}) => {
  let builder = new signalR.HubConnectionBuilder()
    .withUrl(`${url}/${hub}`, { headers: name ? { name } : {}, transport })
    .configureLogging(signalR.LogLevel.None);
  if (protocol === "messagepack") builder = builder.withHubProtocol(new MessagePackHubProtocol());
  if (reconnect) builder = builder.withAutomaticReconnect([0, 50, 100, 200, 400]);
  if (stateful) builder = builder.withStatefulReconnect();
  return builder.build();
};

exports.start = async (name, options) => {
  const connection = exports.build(name, options);
  await connection.start();
  return connection;
};

// Resolves with the arguments of the next call of `target`.
exports.next = (connection, target) =>
  new Promise((resolve) => {
    const handler = (...values) => {
      connection.off(target, handler);
      resolve(values);
    };
    connection.on(target, handler);
  });

exports.error = (promise) => promise.then(() => null, (error) => error.message);

exports.run = (scenario) =>
  scenario().catch((error) => {
    console.error(error);
    process.exit(1);
  });
