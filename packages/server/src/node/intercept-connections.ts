import type { Server, Socket } from "node:net";

/** Decides about a new connection; whoever listened before hears of it when it is passed on. */
type Intercept = (socket: Socket, passOn: (socket: Socket) => void) => void;

/** Puts itself before all that listen to the connections of a server by now. */
export function interceptConnections(server: Server, intercept: Intercept): void {
  const listeners = server.listeners("connection");
  const passOn = (socket: Socket): void => {
    for (const listener of listeners) listener.call(server, socket);
  };
  server.removeAllListeners("connection").on("connection", (socket: Socket) => {
    intercept(socket, passOn);
  });
}
