import { createServer } from "node:http";
import { WebSocketServer } from "ws";

// The least a WebSocket server can do: accept and answer one message. What connecting costs before any product begins.
const server = createServer();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
server.on("upgrade", (request, stream, head) =>
  sockets.handleUpgrade(request, stream, head, (socket) => {
    socket.on("message", () => socket.send("{}"));
    socket.send("{}");
  }),
);
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(typeof address === "object" && address ? address.port : 0);
});
process.on("disconnect", () => process.exit(0));
