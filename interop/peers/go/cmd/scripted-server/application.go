package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/open-telemetry/opamp-go/protobufs"
	"github.com/open-telemetry/opamp-go/server/types"

	"opamp-ts-interop/internal/jsonlines"
)

type pushCommand struct {
	Message []byte
}

// application is what a user of opamp-go's server writes: it names its capabilities in each answer,
// as opamp-go's example does, adds what the test says, and tells of what it sees.
type application struct {
	capabilities uint64
	asks         bool
	questions    questions

	mutex      sync.Mutex
	ended      bool
	webSockets []types.Connection
}

func newApplication(capabilities uint64, asks bool) *application {
	return &application{
		capabilities: capabilities,
		asks:         asks,
		questions:    questions{open: map[int]chan decision{}},
	}
}

// push sends on the newest WebSocket.
func (a *application) push(command pushCommand) error {
	message := &protobufs.ServerToAgent{}
	if err := proto.Unmarshal(command.Message, message); err != nil {
		return err
	}
	webSocket, err := a.newest()
	if err != nil {
		return err
	}
	return webSocket.Send(context.Background(), message)
}

func (a *application) disconnect() error {
	webSocket, err := a.newest()
	if err != nil {
		return err
	}
	return webSocket.Disconnect()
}

func (a *application) newest() (types.Connection, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if len(a.webSockets) == 0 {
		return nil, errors.New("no agent is connected")
	}
	return a.webSockets[len(a.webSockets)-1], nil
}

// end keeps a former application from telling anything.
func (a *application) end() {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.ended = true
}

func (a *application) emit(event jsonlines.Event) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if !a.ended {
		jsonlines.Emit(event)
	}
}

func (a *application) onConnecting(request *http.Request) types.ConnectionResponse {
	transport := "http"
	if request.Header.Get("Upgrade") != "" {
		transport = "websocket"
	}
	if a.asks {
		decision := a.admission(request)
		if decision.Status != 0 {
			return types.ConnectionResponse{HTTPStatusCode: decision.Status, HTTPResponseHeader: decision.Headers}
		}
	}
	return types.ConnectionResponse{Accept: true, ConnectionCallbacks: a.callbacks(transport)}
}

// admission has the test decide about a request.
func (a *application) admission(request *http.Request) decision {
	headers := map[string]string{}
	for name, values := range request.Header {
		headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	decided, err := a.questions.ask(request.Context(), func(question int) {
		a.emit(jsonlines.Event{"event": "connecting", "question": question, "headers": headers})
	})
	if err != nil {
		return decision{Status: http.StatusServiceUnavailable}
	}
	return decided
}
