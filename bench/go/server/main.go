// Command server runs opamp-go's server on the loopback interface and prints its port. It answers
// every message until its standard input closes; each line there is answered with the number of
// agents that it knows in full.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/open-telemetry/opamp-go/protobufs"
	"github.com/open-telemetry/opamp-go/server"
	"github.com/open-telemetry/opamp-go/server/types"
)

var (
	port        = flag.Int("port", 0, "where to listen; 0 takes a free port")
	tracked     = flag.Bool("tracker", false, "keep what each agent reported last")
	compression = flag.Bool("compression", false, "take permessage-deflate")
	certFile    = flag.String("cert", "", "certificate in PEM form; with it, TLS is spoken")
	keyFile     = flag.String("key", "", "private key of the certificate, in PEM form")
)

func main() {
	flag.Parse()
	known := newTracker()
	if err := start(known); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println(known.countInFull())
	}
}

func start(known *tracker) error {
	settings := server.StartSettings{ListenEndpoint: fmt.Sprintf("127.0.0.1:%d", *port)}
	settings.EnableCompression = *compression
	if *certFile != "" {
		certificate, err := tls.LoadX509KeyPair(*certFile, *keyFile)
		if err != nil {
			return err
		}
		settings.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	}
	callbacks := types.ConnectionCallbacks{OnMessage: acknowledge}
	if *tracked {
		callbacks = types.ConnectionCallbacks{
			OnMessage:         known.onMessage,
			OnConnectionClose: known.onConnectionClose,
		}
	}
	settings.Callbacks.OnConnecting = func(*http.Request) types.ConnectionResponse {
		return types.ConnectionResponse{Accept: true, ConnectionCallbacks: callbacks}
	}
	srv := server.New(nil)
	if err := srv.Start(settings); err != nil {
		return err
	}
	fmt.Println(srv.Addr().(*net.TCPAddr).Port)
	return nil
}

func acknowledge(_ context.Context, _ types.Connection, msg *protobufs.AgentToServer) *protobufs.ServerToAgent {
	return &protobufs.ServerToAgent{InstanceUid: msg.InstanceUid}
}
