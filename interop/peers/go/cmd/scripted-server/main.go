// The server of opamp-go with an application that does as a conformance case says. See interop/README.md.
package main

import (
	"log"

	"opamp-ts-interop/internal/jsonlines"
)

func main() {
	host := &host{}
	err := jsonlines.Serve(jsonlines.Handlers{
		"listen": jsonlines.Handle(func(command listenCommand) error {
			host = newHost(command)
			return host.listen(command)
		}),
		"admit":      jsonlines.Handle(func(command decision) error { return host.application.questions.answer(command) }),
		"react":      jsonlines.Handle(func(command decision) error { return host.application.questions.answer(command) }),
		"push":       jsonlines.Handle(func(command pushCommand) error { return host.application.push(command) }),
		"disconnect": jsonlines.Handle(func(noArguments) error { return host.application.disconnect() }),
		"stop":       jsonlines.Handle(func(noArguments) error { return host.stop() }),
	})
	if err != nil {
		log.Fatal(err)
	}
}
