package main

import (
	"context"
	"sync"

	"github.com/open-telemetry/opamp-go/protobufs"
	"github.com/open-telemetry/opamp-go/server/types"
)

// tracker keeps what each agent reported last, the way the example server of opamp-go does: in a map
// that one lock guards, each agent behind a lock of its own.
type tracker struct {
	mux          sync.RWMutex
	agents       map[string]*agent
	ofConnection map[types.Connection]map[string]bool
}

type agent struct {
	mux    sync.Mutex
	status *protobufs.AgentToServer
}

func newTracker() *tracker {
	return &tracker{
		agents:       map[string]*agent{},
		ofConnection: map[types.Connection]map[string]bool{},
	}
}

func (t *tracker) onMessage(_ context.Context, conn types.Connection, msg *protobufs.AgentToServer) *protobufs.ServerToAgent {
	answer := &protobufs.ServerToAgent{InstanceUid: msg.InstanceUid}
	if t.find(string(msg.InstanceUid), conn).takeIn(msg) {
		answer.Flags = uint64(protobufs.ServerToAgentFlags_ServerToAgentFlags_ReportFullState)
	}
	return answer
}

func (t *tracker) onConnectionClose(conn types.Connection) {
	t.mux.Lock()
	defer t.mux.Unlock()
	for uid := range t.ofConnection[conn] {
		delete(t.agents, uid)
	}
	delete(t.ofConnection, conn)
}

func (t *tracker) find(uid string, conn types.Connection) *agent {
	t.mux.Lock()
	defer t.mux.Unlock()
	found := t.agents[uid]
	if found == nil {
		found = &agent{}
		t.agents[uid] = found
		if t.ofConnection[conn] == nil {
			t.ofConnection[conn] = map[string]bool{}
		}
		t.ofConnection[conn][uid] = true
	}
	return found
}

// takeIn keeps what the message says and leaves the rest as it was. It tells whether something may
// be missing.
func (a *agent) takeIn(msg *protobufs.AgentToServer) bool {
	a.mux.Lock()
	defer a.mux.Unlock()
	known := a.status
	if known == nil {
		a.status = msg
		return !isFull(msg)
	}
	missed := known.SequenceNum+1 != msg.SequenceNum
	known.SequenceNum = msg.SequenceNum
	known.Capabilities = msg.Capabilities
	if msg.AgentDescription != nil {
		known.AgentDescription = msg.AgentDescription
	}
	if msg.Health != nil {
		known.Health = msg.Health
	}
	if msg.EffectiveConfig != nil {
		known.EffectiveConfig = msg.EffectiveConfig
	}
	if msg.RemoteConfigStatus != nil {
		known.RemoteConfigStatus = msg.RemoteConfigStatus
	}
	return missed && !isFull(msg)
}

func (t *tracker) countInFull() int {
	t.mux.RLock()
	defer t.mux.RUnlock()
	count := 0
	for _, agent := range t.agents {
		agent.mux.Lock()
		if isFull(agent.status) {
			count++
		}
		agent.mux.Unlock()
	}
	return count
}

func isFull(msg *protobufs.AgentToServer) bool {
	return msg != nil && msg.AgentDescription != nil && msg.Health != nil && msg.EffectiveConfig != nil
}
