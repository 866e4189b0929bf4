export { clientCases } from "./cases/client/index.ts";
export { serverCases } from "./cases/server/index.ts";
export { type Lesson, type LessonId, lessons } from "./lessons.ts";
export type { Access, TlsAccess } from "./raw/access.ts";
export {
  connectOverHttp,
  connectOverWebSocket,
  type RawAgent,
  type RawAgentOptions,
  type RawAnswer,
  type RawWebSocketAgent,
} from "./raw/raw-agent.ts";
export { type PostOptions, post, type RawResponse } from "./raw/raw-post.ts";
export {
  type RawServer,
  type RawServerOptions,
  type RawServerTls,
  startRawServer,
} from "./raw/raw-server.ts";
export type { RawRequest } from "./raw/raw-server-http.ts";
export type { RawServerSocket, RawUpgrade } from "./raw/raw-server-web-socket.ts";
export {
  type OpenWebSocketOptions,
  openWebSocket,
  type RawClose,
  type RawHandshake,
  type RawServerFrame,
  type RawWebSocket,
} from "./raw/raw-web-socket.ts";
export type { AttemptReaction, MessageReaction, StatusReaction } from "./raw/reaction.ts";
export type { ReceivedMessage } from "./raw/received-message.ts";
export {
  createRecording,
  type Recording,
  type TakeOptions,
  WaitTimeoutError,
  type WritableRecording,
} from "./raw/recording.ts";
export { describeTraceEntry, type Trace, type TraceEntry } from "./raw/trace.ts";
export { type TransportName, transportNames } from "./raw/transport-name.ts";
export { createReport, type ReportHead, withoutFrames } from "./report/create-report.ts";
export { junitFrom } from "./report/junit.ts";
export type {
  CaseReport,
  ConformanceReport,
  Outcome,
  RequirementReport,
  Weight,
} from "./report/report.ts";
export { tableFrom } from "./report/table.ts";
export { countOf, isGood } from "./report/verdict.ts";
export {
  type Ambiguity,
  type AmbiguityId,
  ambiguities,
  type Requirement,
  type RequirementId,
  requirementById,
  requirements,
  type Strength,
  specification,
} from "./requirements.ts";
export type { ClientCaseContext, ListenOptions } from "./runner/client-case-context.ts";
export type {
  ClientEvent,
  ClientSubject,
  ClientSubjectSettings,
  ClientWishes,
  Description,
  RunningClient,
  StartWatch,
} from "./runner/client-subject.ts";
export type { ClientCase, ConformanceCase, ServerCase } from "./runner/conformance-case.ts";
export { NotSupportedError } from "./runner/not-supported-error.ts";
export {
  type CaseOutcome,
  type CaseResult,
  type ClientRunOptions,
  DEFAULT_DEADLINE_MS,
  describeFailure,
  type RunOptions,
  runClientCase,
  runClientCases,
  runServerCase,
  runServerCases,
} from "./runner/run-cases.ts";
export type { ServerCaseContext, StartedServer } from "./runner/server-case-context.ts";
export type {
  ApplicationReaction,
  RunningServer,
  ServerEvent,
  ServerSubject,
  ServerSubjectSettings,
  TurnAway,
} from "./runner/server-subject.ts";
