// ws for Node, as its README has broadcasts: client.send() for each open client. No compression, as everywhere here.
import { WebSocket, WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 2048 });
const publishing = new Set();

server.on("connection", (socket, request) => {
  socket.on("error", console.error);
  if (request.url !== "/publish") {
    socket.on("message", (data) => socket.send(data, { binary: false }));
    return;
  }
  publishing.add(socket);
  socket.on("close", () => publishing.delete(socket));
  socket.on("message", (data) => {
    for (const client of publishing) {
      if (client.readyState === WebSocket.OPEN) client.send(data, { binary: false });
    }
  });
});
