"""The client of opentelemetry-opamp-client, steered by JSON lines. See interop/README.md."""

import base64
import json
import logging
import sys
import threading

from opentelemetry._opamp.agent import OpAMPAgent
from opentelemetry._opamp.callbacks import OpAMPCallbacks
from opentelemetry._opamp.client import OpAMPClient
from opentelemetry._opamp.proto import opamp_pb2

logging.basicConfig(stream=sys.stderr, level=logging.WARNING)

stdout_lock = threading.Lock()


def emit(event):
    with stdout_lock:
        print(json.dumps(event), flush=True)


def message_of(command):
    message = opamp_pb2.AgentToServer()
    message.ParseFromString(base64.b64decode(command["state"]))
    return message


def attributes_of(pairs):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


class Run(OpAMPCallbacks):
    """One run of the client, and the application on it."""

    def __init__(self, command):
        state = message_of(command)
        self.told = True
        self.client = OpAMPClient(
            endpoint=command["url"],
            headers=command.get("headers"),
            timeout_millis=command["responseTimeoutMs"],
            capabilities=state.capabilities,
            agent_identifying_attributes=attributes_of(
                state.agent_description.identifying_attributes
            ),
            agent_non_identifying_attributes=attributes_of(
                state.agent_description.non_identifying_attributes
            ),
        )
        self.keep(state)
        self.agent = OpAMPAgent(
            interval=command["heartbeatIntervalMs"] / 1000,
            initial_backoff=command["retryDelayMs"] / 1000,
            callbacks=self,
            client=self.client,
        )
        self.agent.start()

    def keep(self, state):
        """Hands what is new to the library; returns the remote config status to send."""
        if state.HasField("effective_config"):
            config_map = state.effective_config.config_map.config_map
            content_type = next((entry.content_type for entry in config_map.values()), "")
            bodies = {name: entry.body for name, entry in config_map.items()}
            self.client.update_effective_config(bodies, content_type)
        if state.HasField("remote_config_status"):
            status = state.remote_config_status
            return self.client.update_remote_config_status(
                status.last_remote_config_hash, status.status, status.error_message
            )
        return None

    def report(self, state):
        status = self.keep(state)
        if state.HasField("effective_config"):
            self.agent.send(self.client.build_full_state_message())
        if status is not None:
            self.agent.send(self.client.build_remote_config_status_response_message(status))

    def stop(self):
        self.agent.stop(timeout=3)
        self.told = False

    def tell(self, event):
        if self.told:
            emit(event)

    def tell_message(self, message):
        encoded = base64.b64encode(message.SerializeToString()).decode()
        self.tell({"event": "message", "message": encoded})

    def on_connect(self, agent, client):
        self.tell({"event": "connected"})

    def on_connect_failed(self, agent, client, error):
        self.tell({"event": "connectFailed", "error": str(error)})

    def on_error(self, agent, client, error_response):
        self.tell_message(opamp_pb2.ServerToAgent(error_response=error_response))

    def on_message(self, agent, client, message):
        if message.remote_config is not None:
            self.tell_message(opamp_pb2.ServerToAgent(remote_config=message.remote_config))


class Program:
    def __init__(self):
        self.run = None

    def start(self, command):
        self.run = Run(command)

    def report(self, command):
        self.run.report(message_of(command))

    def stop(self, _command):
        run, self.run = self.run, None
        if run is not None:
            run.stop()


def main():
    program = Program()
    commands = {"start": program.start, "report": program.report, "stop": program.stop}
    for line in sys.stdin:
        command = json.loads(line)
        try:
            commands[command["command"]](command)
            emit({"event": "done", "id": command["id"]})
        except Exception as error:  # Whatever it is, the test is told.
            emit({"event": "failed", "id": command["id"], "error": repr(error)})


main()
