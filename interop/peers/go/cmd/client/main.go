// The client of opamp-go, steered by JSON lines. See interop/README.md.
package main

import (
	"log"

	"opamp-ts-interop/internal/jsonlines"
)

func main() {
	agent := &agent{}
	err := jsonlines.Serve(jsonlines.Handlers{
		"start": jsonlines.Handle(func(command startCommand) error {
			agent = newAgent(command)
			return agent.start(command)
		}),
		"report": jsonlines.Handle(func(command reportCommand) error { return agent.report(command) }),
		"stop":   jsonlines.Handle(func(command stopCommand) error { return agent.stop(command) }),
	})
	if err != nil {
		log.Fatal(err)
	}
}
