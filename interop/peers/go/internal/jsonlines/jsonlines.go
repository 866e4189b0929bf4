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
		header, err := run(handlers, command)
		if err != nil {
			Emit(Event{"event": "failed", "command": header.Command, "id": header.ID, "error": err.Error()})
		} else if header.ID != 0 {
			Emit(Event{"event": "done", "id": header.ID})
		}
	}
}

// header is what all commands have. Whoever gives an ID is told when the command is done.
type header struct {
	Command string
	ID      int
}

func run(handlers Handlers, command json.RawMessage) (header, error) {
	var header header
	if err := json.Unmarshal(command, &header); err != nil {
		return header, err
	}
	handler, known := handlers[header.Command]
	if !known {
		return header, errors.New("unknown command")
	}
	return header, handler(command)
}

// Message makes a protobuf message part of an event.
func Message(message proto.Message) json.RawMessage {
	bytes, err := protojson.MarshalOptions{UseEnumNumbers: true}.Marshal(message)
	if err != nil {
		panic(err)
	}
	return bytes
}

// Bytes makes a protobuf message part of an event as its wire format.
func Bytes(message proto.Message) []byte {
	bytes, err := proto.Marshal(message)
	if err != nil {
		panic(err)
	}
	return bytes
}

// IsBytes tells whether a message in a command is its wire format, which is a JSON string.
func IsBytes(message json.RawMessage) bool {
	return len(message) > 0 && message[0] == '"'
}

// ParseMessage reads a protobuf message out of a command; absent means empty.
func ParseMessage(raw json.RawMessage, message proto.Message) error {
	if len(raw) == 0 {
		return nil
	}
	if !IsBytes(raw) {
		return protojson.Unmarshal(raw, message)
	}
	var bytes []byte
	if err := json.Unmarshal(raw, &bytes); err != nil {
		return err
	}
	return proto.Unmarshal(bytes, message)
}
