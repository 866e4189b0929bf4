declare module "@elastic/mockopampserver" {
  import type { IncomingHttpHeaders } from "node:http";
  import type { AgentConfigMapInit, AgentToServer } from "@opamp/protocol";

  export interface MockRequest {
    readonly req: { readonly headers: IncomingHttpHeaders };
    /** Absent when the request made no sense. */
    readonly a2s?: AgentToServer;
  }

  /** What the package has no types for, as far as it is used here. */
  export class MockOpAMPServer {
    constructor(options: {
      readonly hostname: string;
      readonly port: number;
      readonly logLevel: string;
      readonly testMode: boolean;
      readonly cert?: string;
      readonly key?: string;
    });
    readonly endpoint: string;
    start(): Promise<void>;
    close(): Promise<void>;
    setAgentConfigMap(config: AgentConfigMapInit): void;
    testReset(): void;
    testGetRequests(): readonly MockRequest[];
  }
}
