export const usage: string = `Examines an implementation of OpAMP v0.20.0 over the wire, requirement by requirement.

  opamp-conformance server <url> [options]
  opamp-conformance client [options] -- <command that starts a client>

The command gets the URL to connect to in OPAMP_SERVER_URL, and in place of {url} in its arguments;
OPAMP_TRANSPORT and {transport} are "websocket" or "http". It is started for each case, and killed.

Options
  --transport <name>      websocket or http; both unless given
  --only <ids>            requirements or cases, separated by commas; may be repeated
  --deadline-ms <n>       how long a case may take; default 8000
  --concurrency <n>       cases at a time; default 1 for a server, 4 for a client
  --strict                a broken SHOULD fails the run too
  --format <name>         table, json or junit; default table
  --output <file>         where the report goes; default standard output
  --frames <which>        failed or none: what json tells of failures; default failed
  --name <text>           the name of the subject in the report
  --help
  --version

Of a server
  --header 'name: value'  sent with every upgrade and request; may be repeated
  --ca <file>             certificates to trust, in PEM
  --cert <file>           certificate of the client, in PEM
  --key <file>            its key
  --insecure              takes any certificate of the server

Of a client
  --port <n>              where the suite listens; default 0, a free port for each case
  --cert <file>           has the suite listen with TLS
  --key <file>            its key
  --takes <settings>      what the command takes from its environment, see docs/conformance.md

Ends with 0 when no MUST is broken, 1 when one is, 2 when it could not run.
`;
