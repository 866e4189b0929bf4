package main

import (
	"context"
	"net"
	"time"

	"github.com/open-telemetry/opamp-go/server"
	"github.com/open-telemetry/opamp-go/server/types"

	"opamp-ts-interop/internal/jsonlines"
)

const stopTimeout = 2 * time.Second

type listenCommand struct {
	Path               string
	Compression        bool
	Capabilities       uint64
	CustomCapabilities []string
	// Asks says that the test decides who may connect.
	Asks bool
}

type noArguments struct{}

// host is one run of opamp-go's server.
type host struct {
	server      server.OpAMPServer
	application *application
}

func newHost(command listenCommand) *host {
	return &host{application: newApplication(command.Capabilities, command.Asks)}
}

func (h *host) listen(command listenCommand) error {
	h.server = server.New(jsonlines.Logger{})
	err := h.server.Start(server.StartSettings{
		ListenEndpoint: "127.0.0.1:0",
		ListenPath:     command.Path,
		Settings: server.Settings{
			EnableCompression:  command.Compression,
			CustomCapabilities: command.CustomCapabilities,
			Callbacks:          types.Callbacks{OnConnecting: h.application.onConnecting},
		},
	})
	if err != nil {
		return err
	}
	port := h.server.Addr().(*net.TCPAddr).Port
	jsonlines.Emit(jsonlines.Event{"event": "listening", "port": port})
	return nil
}

func (h *host) stop() error {
	if h.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	err := h.server.Stop(ctx)
	h.application.end()
	h.server = nil
	return err
}
