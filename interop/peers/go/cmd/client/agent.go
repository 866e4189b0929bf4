package main

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-telemetry/opamp-go/client"
	"github.com/open-telemetry/opamp-go/client/types"
	"github.com/open-telemetry/opamp-go/protobufs"

	"opamp-ts-interop/internal/jsonlines"
)

const stopTimeout = 5 * time.Second

// agent is one run of opamp-go's client.
type agent struct {
	client  client.OpAMPClient
	started bool
	stopped atomic.Bool
	// inBytes says that messages travel in their wire format.
	inBytes bool

	mutex           sync.Mutex
	effectiveConfig *protobufs.EffectiveConfig
}

func newAgent(command startCommand) *agent {
	return &agent{inBytes: jsonlines.IsBytes(command.State)}
}

func (a *agent) start(command startCommand) error {
	state, err := parseState(command.State)
	if err != nil {
		return err
	}
	settings, err := command.settings(state)
	if err != nil {
		return err
	}
	settings.Callbacks = a.callbacks()

	if strings.HasPrefix(command.URL, "ws") {
		a.client = client.NewWebSocket(jsonlines.Logger{})
	} else {
		a.client = client.NewHTTP(jsonlines.Logger{})
	}
	if err := a.set(state); err != nil {
		return err
	}
	if err := a.client.Start(context.Background(), settings); err != nil {
		return err
	}
	a.started = true
	a.emit(jsonlines.Event{"event": "started"})
	return nil
}

// emit writes an event, unless this agent is a former one.
func (a *agent) emit(event jsonlines.Event) {
	if !a.stopped.Load() {
		jsonlines.Emit(event)
	}
}

func (a *agent) report(command reportCommand) error {
	if !a.started {
		return errors.New("not started")
	}
	state, err := parseState(command.State)
	if err != nil {
		return err
	}
	return a.set(state)
}

func (a *agent) stop(stopCommand) error {
	if !a.started || a.stopped.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := a.client.Stop(ctx); err != nil {
		return err
	}
	a.stopped.Store(true)
	jsonlines.Emit(jsonlines.Event{"event": "stopped"})
	return nil
}

// set hands over each part that the state has. Capabilities come last: opamp-go checks
// them against the parts.
func (a *agent) set(state *protobufs.AgentToServer) error {
	var failures []error
	try := func(present bool, set func() error) {
		if present {
			failures = append(failures, set())
		}
	}
	try(state.AgentDescription != nil, func() error { return a.client.SetAgentDescription(state.AgentDescription) })
	try(state.Health != nil, func() error { return a.client.SetHealth(state.Health) })
	try(state.EffectiveConfig != nil, func() error { return a.setEffectiveConfig(state.EffectiveConfig) })
	try(a.started && state.RemoteConfigStatus != nil, func() error {
		return a.client.SetRemoteConfigStatus(state.RemoteConfigStatus)
	})
	try(state.CustomCapabilities != nil, func() error { return a.client.SetCustomCapabilities(state.CustomCapabilities) })
	try(state.CustomMessage != nil, func() error { return a.sendCustomMessage(state.CustomMessage) })
	try(state.AvailableComponents != nil, func() error { return a.client.SetAvailableComponents(state.AvailableComponents) })
	try(state.Flags != 0, func() error {
		a.client.SetFlags(protobufs.AgentToServerFlags(state.Flags))
		return nil
	})
	try(state.PackageStatuses != nil, func() error {
		if state.PackageStatuses.ServerProvidedAllPackagesHash == nil {
			state.PackageStatuses.ServerProvidedAllPackagesHash = []byte{} // nil is refused.
		}
		return a.client.SetPackageStatuses(state.PackageStatuses)
	})
	try(state.ConnectionSettingsRequest != nil, func() error {
		return a.client.RequestConnectionSettings(state.ConnectionSettingsRequest)
	})
	try(state.Capabilities != 0, func() error {
		capabilities := protobufs.AgentCapabilities(state.Capabilities)
		return a.client.SetCapabilities(&capabilities)
	})
	return errors.Join(failures...)
}

func (a *agent) setEffectiveConfig(config *protobufs.EffectiveConfig) error {
	a.mutex.Lock()
	a.effectiveConfig = config
	a.mutex.Unlock()
	if !a.started {
		return nil
	}
	return a.client.UpdateEffectiveConfig(context.Background())
}

// sendCustomMessage waits for the message before to leave: opamp-go keeps one.
func (a *agent) sendCustomMessage(message *protobufs.CustomMessage) error {
	for {
		sending, err := a.client.SendCustomMessage(message)
		if !errors.Is(err, types.ErrCustomMessagePending) {
			return err
		}
		<-sending
	}
}
