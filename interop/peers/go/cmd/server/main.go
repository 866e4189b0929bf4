// The server of opamp-go, steered by JSON lines. See interop/README.md.
package main

import (
	"log"

	"opamp-ts-interop/internal/jsonlines"
)

func main() {
	host := &host{}
	err := jsonlines.Serve(jsonlines.Handlers{
		"listen":      jsonlines.Handle(host.listen),
		"offerConfig": jsonlines.Handle(host.offerConfig),
		"send":        jsonlines.Handle(host.send),
		"restart":     jsonlines.Handle(host.restart),
		"stop":        jsonlines.Handle(host.stop),
	})
	if err != nil {
		log.Fatal(err)
	}
}
