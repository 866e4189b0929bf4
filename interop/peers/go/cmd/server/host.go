package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"time"

	"github.com/open-telemetry/opamp-go/protobufs"
	"github.com/open-telemetry/opamp-go/server"
	"github.com/open-telemetry/opamp-go/server/types"

	"opamp-ts-interop/internal/jsonlines"
)

const stopTimeout = 5 * time.Second

type listenCommand struct {
	Path               string
	Cert               string
	Key                string
	Compression        bool
	CustomCapabilities []string
	SignsRequests      bool
}

type offerConfigCommand struct {
	RemoteConfig json.RawMessage
}

type sendCommand struct {
	Message json.RawMessage
}

type restartCommand struct{}

type stopCommand struct{}

// host runs opamp-go's server and the fleet it knows, which a restart forgets.
type host struct {
	settings  server.StartSettings
	server    server.OpAMPServer
	authority *authority
	fleet     *fleet
}

func (h *host) listen(command listenCommand) error {
	h.settings = server.StartSettings{
		ListenEndpoint: "127.0.0.1:0",
		ListenPath:     command.Path,
		Settings: server.Settings{
			EnableCompression:  command.Compression,
			CustomCapabilities: command.CustomCapabilities,
		},
	}
	if command.Cert != "" {
		certificate, err := tls.X509KeyPair([]byte(command.Cert), []byte(command.Key))
		if err != nil {
			return err
		}
		h.settings.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	}
	if command.SignsRequests {
		authority, err := newAuthority()
		if err != nil {
			return err
		}
		h.authority = authority
		authority.demand(h.settings.TLSConfig)
	}
	return h.start()
}

func (h *host) start() error {
	h.fleet = newFleet(h.authority)
	h.settings.Callbacks = types.Callbacks{OnConnecting: h.fleet.onConnecting}
	h.server = server.New(jsonlines.Logger{})
	if err := h.server.Start(h.settings); err != nil {
		return err
	}
	h.settings.ListenEndpoint = h.server.Addr().String()
	port := h.server.Addr().(*net.TCPAddr).Port
	jsonlines.Emit(jsonlines.Event{"event": "listening", "port": port})
	return nil
}

func (h *host) offerConfig(command offerConfigCommand) error {
	config := &protobufs.AgentRemoteConfig{}
	if err := jsonlines.ParseMessage(command.RemoteConfig, config); err != nil {
		return err
	}
	return h.fleet.offerConfig(config)
}

func (h *host) send(command sendCommand) error {
	message := &protobufs.ServerToAgent{}
	if err := jsonlines.ParseMessage(command.Message, message); err != nil {
		return err
	}
	return h.fleet.send(message)
}

func (h *host) restart(restartCommand) error {
	if err := h.shutdown(); err != nil {
		return err
	}
	return h.start()
}

func (h *host) stop(stopCommand) error {
	if err := h.shutdown(); err != nil {
		return err
	}
	jsonlines.Emit(jsonlines.Event{"event": "stopped"})
	return nil
}

func (h *host) shutdown() error {
	if h.server == nil {
		return errors.New("not listening")
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	err := h.server.Stop(ctx)
	// opamp-go leaves WebSockets open when it stops.
	h.fleet.disconnectAll()
	return err
}
