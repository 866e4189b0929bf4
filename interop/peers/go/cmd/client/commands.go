package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/open-telemetry/opamp-go/client/types"
	"github.com/open-telemetry/opamp-go/protobufs"

	"opamp-ts-interop/internal/jsonlines"
)

type startCommand struct {
	URL                 string
	State               json.RawMessage
	Headers             map[string]string
	CA                  string
	Compression         bool
	HeartbeatIntervalMs *int64
}

type reportCommand struct {
	State json.RawMessage
}

type stopCommand struct{}

// settings are those of opamp-go's client, without callbacks.
func (c *startCommand) settings(state *protobufs.AgentToServer) (types.StartSettings, error) {
	if len(state.InstanceUid) != len(types.InstanceUid{}) {
		return types.StartSettings{}, errors.New("state.instanceUid must have 16 bytes")
	}
	settings := types.StartSettings{
		OpAMPServerURL:     c.URL,
		Header:             http.Header{},
		InstanceUid:        types.InstanceUid(state.InstanceUid),
		RemoteConfigStatus: state.RemoteConfigStatus,
		EnableCompression:  c.Compression,

		LastConnectionSettingsStatus: state.ConnectionSettingsStatus,
	}
	const packages = protobufs.AgentCapabilities_AgentCapabilities_ReportsPackageStatuses
	if state.Capabilities&uint64(packages) != 0 {
		// SetCapabilities refuses these before the start, when the provider is not known yet.
		settings.PackagesStateProvider = newPackageStore()
		settings.Capabilities = protobufs.AgentCapabilities(state.Capabilities)
		state.Capabilities = 0
	}
	for name, value := range c.Headers {
		settings.Header.Set(name, value)
	}
	if c.HeartbeatIntervalMs != nil {
		interval := time.Duration(*c.HeartbeatIntervalMs) * time.Millisecond
		settings.HeartbeatInterval = &interval
	}
	if c.CA != "" {
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM([]byte(c.CA)) {
			return settings, errors.New("ca holds no certificate")
		}
		settings.TLSConfig = &tls.Config{RootCAs: roots}
	}
	return settings, nil
}

func parseState(raw json.RawMessage) (*protobufs.AgentToServer, error) {
	state := &protobufs.AgentToServer{}
	return state, jsonlines.ParseMessage(raw, state)
}
