// The client of opamp-go, steered by JSON lines. See interop/README.md.
package main

import (
	"log"

	"opamp-ts-interop/internal/jsonlines"
)

func main() {
	agent := &agent{}
	err := jsonlines.Serve(jsonlines.Handlers{
		"start":  jsonlines.Handle(agent.start),
		"report": jsonlines.Handle(agent.report),
		"stop":   jsonlines.Handle(agent.stop),
	})
	if err != nil {
		log.Fatal(err)
	}
}
