package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/open-telemetry/opamp-go/protobufs"
	"github.com/open-telemetry/opamp-go/server/types"

	"opamp-ts-interop/internal/jsonlines"
)

const capabilities = uint64(protobufs.ServerCapabilities_ServerCapabilities_AcceptsStatus |
	protobufs.ServerCapabilities_ServerCapabilities_OffersRemoteConfig |
	protobufs.ServerCapabilities_ServerCapabilities_AcceptsEffectiveConfig |
	protobufs.ServerCapabilities_ServerCapabilities_OffersConnectionSettings |
	protobufs.ServerCapabilities_ServerCapabilities_OffersPackages |
	protobufs.ServerCapabilities_ServerCapabilities_AcceptsPackagesStatus)

const signingCapabilities = uint64(protobufs.ServerCapabilities_ServerCapabilities_AcceptsConnectionSettingsRequest)

// fleet is what the server knows of its agents.
type fleet struct {
	// authority is nil for a server that takes no certificate requests.
	authority   *authority
	mutex       sync.Mutex
	agents      map[string]*agent
	connections int
	stopped     bool
	webSockets  map[types.Connection]bool
	offer       *protobufs.AgentRemoteConfig
}

// agent is what the server knows of one agent.
type agent struct {
	uid []byte
	// webSocket is nil for an agent that polls.
	webSocket types.Connection
	// waiting is merged into the next answer to an agent that polls.
	waiting            *protobufs.ServerToAgent
	described          bool
	acceptsConfig      bool
	reportedConfigHash []byte
	offeredConfigHash  []byte
}

func newFleet(authority *authority) *fleet {
	return &fleet{authority: authority, agents: map[string]*agent{}, webSockets: map[types.Connection]bool{}}
}

func (f *fleet) onConnecting(request *http.Request) types.ConnectionResponse {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.connections++
	headers := map[string]string{}
	for name, values := range request.Header {
		headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	callbacks := f.callbacks(f.connections, connected(f.connections, headers, request.TLS))
	return types.ConnectionResponse{Accept: true, ConnectionCallbacks: callbacks}
}

// connected is the event of a new connection, with the name in the client certificate.
func connected(id int, headers map[string]string, state *tls.ConnectionState) jsonlines.Event {
	event := jsonlines.Event{"event": "connected", "connection": id, "headers": headers}
	if state != nil && len(state.VerifiedChains) > 0 {
		event["clientName"] = state.PeerCertificates[0].Subject.CommonName
	}
	return event
}

func (f *fleet) callbacks(id int, connected jsonlines.Event) types.ConnectionCallbacks {
	isWebSocket := connected["headers"].(map[string]string)["upgrade"] != ""
	return types.ConnectionCallbacks{
		OnConnected: func(_ context.Context, connection types.Connection) {
			if isWebSocket {
				f.add(connection)
			}
			jsonlines.Emit(connected)
		},
		OnMessage: func(_ context.Context, connection types.Connection, message *protobufs.AgentToServer) *protobufs.ServerToAgent {
			if !isWebSocket {
				connection = nil
			}
			answer := f.answer(connection, message)
			jsonlines.Emit(jsonlines.Event{"event": "message", "connection": id, "message": jsonlines.Message(message)})
			return answer
		},
		OnConnectionClose: func(connection types.Connection) {
			f.remove(connection)
			jsonlines.Emit(jsonlines.Event{"event": "closed", "connection": id})
		},
	}
}

func (f *fleet) add(webSocket types.Connection) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.webSockets[webSocket] = true
	if f.stopped {
		disconnect(webSocket)
	}
}

func (f *fleet) remove(connection types.Connection) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	delete(f.webSockets, connection)
}

// answer notes what the agent said and says what is due.
func (f *fleet) answer(webSocket types.Connection, message *protobufs.AgentToServer) *protobufs.ServerToAgent {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	a := f.agent(message.InstanceUid)
	a.note(webSocket, message)

	answer := &protobufs.ServerToAgent{InstanceUid: a.uid, Capabilities: capabilities}
	if a.waiting != nil {
		proto.Merge(answer, a.waiting)
		a.waiting = nil
	}
	if !a.described {
		answer.Flags |= uint64(protobufs.ServerToAgentFlags_ServerToAgentFlags_ReportFullState)
	}
	if config := a.dueConfig(f.offer); config != nil {
		answer.RemoteConfig = config
	}
	if f.authority != nil {
		answer.Capabilities |= signingCapabilities
		f.authority.respond(message.ConnectionSettingsRequest, answer)
	}
	return answer
}

func (f *fleet) agent(uid []byte) *agent {
	a, known := f.agents[string(uid)]
	if !known {
		a = &agent{uid: uid}
		f.agents[string(uid)] = a
	}
	return a
}

func (a *agent) note(webSocket types.Connection, message *protobufs.AgentToServer) {
	a.webSocket = webSocket
	a.acceptsConfig = message.Capabilities&uint64(protobufs.AgentCapabilities_AgentCapabilities_AcceptsRemoteConfig) != 0
	if message.AgentDescription != nil {
		a.described = true
	}
	if message.RemoteConfigStatus != nil {
		a.reportedConfigHash = message.RemoteConfigStatus.LastRemoteConfigHash
	}
}

// dueConfig is the offer, unless the agent has it already or was told once.
func (a *agent) dueConfig(offer *protobufs.AgentRemoteConfig) *protobufs.AgentRemoteConfig {
	if offer == nil || !a.acceptsConfig ||
		bytes.Equal(a.reportedConfigHash, offer.ConfigHash) ||
		bytes.Equal(a.offeredConfigHash, offer.ConfigHash) {
		return nil
	}
	a.offeredConfigHash = offer.ConfigHash
	return offer
}

// offerConfig offers a configuration to every agent, now and later.
func (f *fleet) offerConfig(config *protobufs.AgentRemoteConfig) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.offer = config
	for _, a := range f.agents {
		if a.webSocket == nil {
			continue
		}
		if due := a.dueConfig(f.offer); due != nil {
			message := &protobufs.ServerToAgent{InstanceUid: a.uid, RemoteConfig: due}
			if err := a.webSocket.Send(context.Background(), message); err != nil {
				return err
			}
		}
	}
	return nil
}

// send says something to one agent: now, or with the next answer to one that polls.
func (f *fleet) send(message *protobufs.ServerToAgent) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	a, known := f.agents[string(message.InstanceUid)]
	if !known {
		return fmt.Errorf("no agent %x", message.InstanceUid)
	}
	if a.webSocket != nil {
		return a.webSocket.Send(context.Background(), message)
	}
	if a.waiting == nil {
		a.waiting = &protobufs.ServerToAgent{}
	}
	proto.Merge(a.waiting, message)
	return nil
}

// disconnectAll cuts every WebSocket, also one that is opening.
func (f *fleet) disconnectAll() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.stopped = true
	for webSocket := range f.webSockets {
		disconnect(webSocket)
	}
}

func disconnect(webSocket types.Connection) {
	if err := webSocket.Disconnect(); err != nil {
		jsonlines.Logger{}.Errorf(context.Background(), "cannot disconnect: %v", err)
	}
}
