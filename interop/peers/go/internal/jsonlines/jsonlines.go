// Package jsonlines carries the contract of interop/README.md: commands as JSON on
// stdin, events as JSON lines on stdout.
package jsonlines

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Event is written as one line. The member "event" names it.
type Event map[string]any

// Handlers holds what to do for each command. A handler decodes the command itself.
type Handlers map[string]func(command json.RawMessage) error

var stdout = struct {
	sync.Mutex
	*json.Encoder
}{Encoder: json.NewEncoder(os.Stdout)}

// Handle makes a handler of a function that takes the decoded command.
func Handle[T any](handle func(T) error) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		var command T
		if err := json.Unmarshal(raw, &command); err != nil {
			return err
		}
		return handle(command)
	}
}

// Emit writes one event.
func Emit(event Event) {
	stdout.Lock()
	defer stdout.Unlock()
	if err := stdout.Encode(event); err != nil {
		os.Exit(1) // Nobody listens any more.
	}
}

// Serve runs the commands one after another until stdin ends. A command that cannot be
// carried out becomes a "failed" event.
func Serve(handlers Handlers) error {
	decoder := json.NewDecoder(os.Stdin)
	for {
		var command json.RawMessage
		if err := decoder.Decode(&command); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if name, err := run(handlers, command); err != nil {
			Emit(Event{"event": "failed", "command": name, "error": err.Error()})
		}
	}
}

func run(handlers Handlers, command json.RawMessage) (string, error) {
	var header struct{ Command string }
	if err := json.Unmarshal(command, &header); err != nil {
		return "", err
	}
	handler, known := handlers[header.Command]
	if !known {
		return header.Command, errors.New("unknown command")
	}
	return header.Command, handler(command)
}

// Message makes a protobuf message part of an event.
func Message(message proto.Message) json.RawMessage {
	bytes, err := protojson.MarshalOptions{UseEnumNumbers: true}.Marshal(message)
	if err != nil {
		panic(err)
	}
	return bytes
}

// ParseMessage reads a protobuf message out of a command; absent means empty.
func ParseMessage(bytes json.RawMessage, message proto.Message) error {
	if len(bytes) == 0 {
		return nil
	}
	return protojson.Unmarshal(bytes, message)
}
