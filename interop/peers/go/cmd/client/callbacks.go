package main

import (
	"context"

	"github.com/open-telemetry/opamp-go/client/types"
	"github.com/open-telemetry/opamp-go/protobufs"

	"opamp-ts-interop/internal/jsonlines"
)

// callbacks tell of everything that the library hands to the application.
func (a *agent) callbacks() types.Callbacks {
	return types.Callbacks{
		OnConnect: func(context.Context) {
			a.emit(jsonlines.Event{"event": "connected"})
		},
		OnConnectFailed: func(_ context.Context, err error) {
			a.emit(jsonlines.Event{"event": "connectFailed", "error": err.Error()})
		},
		OnError: func(_ context.Context, response *protobufs.ServerErrorResponse) {
			a.emitMessage(&protobufs.ServerToAgent{ErrorResponse: response})
		},
		OnMessage: func(_ context.Context, data *types.MessageData) {
			a.emitMessage(messageFromData(data))
		},
		OnCommand: func(_ context.Context, command *protobufs.ServerToAgentCommand) error {
			a.emitMessage(&protobufs.ServerToAgent{Command: command})
			return nil
		},
		OnOpampConnectionSettings: func(_ context.Context, opamp *protobufs.OpAMPConnectionSettings) error {
			settings := &protobufs.ConnectionSettingsOffers{Opamp: opamp}
			a.emitMessage(&protobufs.ServerToAgent{ConnectionSettings: settings})
			return nil
		},
		GetEffectiveConfig: func(context.Context) (*protobufs.EffectiveConfig, error) {
			a.mutex.Lock()
			defer a.mutex.Unlock()
			return a.effectiveConfig, nil
		},
	}
}

func messageFromData(data *types.MessageData) *protobufs.ServerToAgent {
	message := &protobufs.ServerToAgent{
		RemoteConfig:        data.RemoteConfig,
		PackagesAvailable:   data.PackagesAvailable,
		AgentIdentification: data.AgentIdentification,
		CustomCapabilities:  data.CustomCapabilities,
		CustomMessage:       data.CustomMessage,
	}
	// The hash comes with every offer, also with one of nothing that the agent takes.
	if data.OwnMetricsConnSettings != nil || data.OwnTracesConnSettings != nil ||
		data.OwnLogsConnSettings != nil || len(data.OtherConnSettings) > 0 {
		message.ConnectionSettings = &protobufs.ConnectionSettingsOffers{
			Hash:             data.OfferedConnectionsSettingsHash,
			OwnMetrics:       data.OwnMetricsConnSettings,
			OwnTraces:        data.OwnTracesConnSettings,
			OwnLogs:          data.OwnLogsConnSettings,
			OtherConnections: data.OtherConnSettings,
		}
	}
	return message
}

func (a *agent) emitMessage(message *protobufs.ServerToAgent) {
	if a.inBytes {
		a.emit(jsonlines.Event{"event": "message", "message": jsonlines.Bytes(message)})
	} else {
		a.emit(jsonlines.Event{"event": "message", "message": jsonlines.Message(message)})
	}
}
