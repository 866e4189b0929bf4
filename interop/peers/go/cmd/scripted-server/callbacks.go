package main

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/open-telemetry/opamp-go/protobufs"
	"github.com/open-telemetry/opamp-go/server/types"

	"opamp-ts-interop/internal/jsonlines"
)

// callbacks are those of one WebSocket, or of one HTTP request.
func (a *application) callbacks(transport string) types.ConnectionCallbacks {
	saidGoodbye := false
	return types.ConnectionCallbacks{
		OnConnected: func(_ context.Context, connection types.Connection) {
			if transport == "websocket" {
				a.add(connection)
			}
			a.emit(jsonlines.Event{"event": "connected", "transport": transport})
		},
		OnMessage: func(ctx context.Context, _ types.Connection, message *protobufs.AgentToServer) *protobufs.ServerToAgent {
			saidGoodbye = message.AgentDisconnect != nil
			return a.answer(ctx, message)
		},
		OnConnectionClose: func(connection types.Connection) {
			a.remove(connection)
			a.emit(jsonlines.Event{"event": "closed", "transport": transport, "saidGoodbye": saidGoodbye})
		},
		OnReadMessageError: func(_ types.Connection, messageType int, _ []byte, _ error) {
			// It is also called, with no message, when the connection has ended.
			if messageType > 0 {
				a.emit(jsonlines.Event{"event": "unreadable"})
			}
		},
		OnMessageResponseError: func(_ types.Connection, _ *protobufs.ServerToAgent, err error) {
			a.emit(jsonlines.Event{"event": "notSent", "error": err.Error()})
		},
	}
}

func (a *application) add(webSocket types.Connection) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.webSockets = append(a.webSockets, webSocket)
}

func (a *application) remove(connection types.Connection) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.webSockets = slices.DeleteFunc(a.webSockets, func(other types.Connection) bool { return other == connection })
}

// answer names uid and capabilities, and adds what the test says.
func (a *application) answer(ctx context.Context, message *protobufs.AgentToServer) *protobufs.ServerToAgent {
	answer := &protobufs.ServerToAgent{InstanceUid: message.InstanceUid, Capabilities: a.capabilities}
	decision, err := a.questions.ask(ctx, func(question int) {
		a.emit(jsonlines.Event{"event": "message", "question": question, "message": jsonlines.Bytes(message)})
	})
	added := &protobufs.ServerToAgent{}
	if err == nil {
		err = proto.Unmarshal(decision.Message, added)
	}
	if err != nil {
		jsonlines.Logger{}.Errorf(ctx, "no answer: %v", err)
		return answer
	}
	if added.ErrorResponse != nil {
		// An application that knows the protocol names no capabilities beside an error.
		answer.Capabilities = 0
	}
	proto.Merge(answer, added)
	return answer
}
