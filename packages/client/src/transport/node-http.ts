/**
 * `node:http` without its `WebSocket`: an `import` of the module reads every member, and Node loads
 * that one when it is read, which takes longer than all the rest.
 */
export const http: typeof import("node:http") = process.getBuiltinModule("node:http");
