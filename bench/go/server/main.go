// Command server runs opamp-go's server on a free port of the loopback interface, prints the port,
// and acknowledges every message until its standard input closes.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/open-telemetry/opamp-go/protobufs"
	"github.com/open-telemetry/opamp-go/server"
	"github.com/open-telemetry/opamp-go/server/types"
)

func main() {
	srv := server.New(nil)
	callbacks := types.ConnectionCallbacks{
		OnMessage: func(_ context.Context, _ types.Connection, msg *protobufs.AgentToServer) *protobufs.ServerToAgent {
			return &protobufs.ServerToAgent{InstanceUid: msg.InstanceUid}
		},
	}
	settings := server.StartSettings{ListenEndpoint: "127.0.0.1:0"}
	settings.Callbacks.OnConnecting = func(*http.Request) types.ConnectionResponse {
		return types.ConnectionResponse{Accept: true, ConnectionCallbacks: callbacks}
	}
	if err := srv.Start(settings); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(srv.Addr().(*net.TCPAddr).Port)
	_, _ = io.Copy(io.Discard, os.Stdin)
}
