// Command codec times decoding and encoding of the AgentToServer messages in the named files, and
// prints a JSON object from file name to nanoseconds per operation.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/open-telemetry/opamp-go/protobufs"
	"google.golang.org/protobuf/proto"
)

type timing struct {
	DecodeNs float64 `json:"decodeNs"`
	EncodeNs float64 `json:"encodeNs"`
}

func main() {
	timings := map[string]timing{}
	for _, name := range os.Args[1:] {
		timings[name] = measure(name)
	}
	if err := json.NewEncoder(os.Stdout).Encode(timings); err != nil {
		fail(err)
	}
}

func measure(name string) timing {
	bytes, err := os.ReadFile(name)
	if err != nil {
		fail(err)
	}
	decode := testing.Benchmark(func(b *testing.B) {
		for range b.N {
			if err := proto.Unmarshal(bytes, &protobufs.AgentToServer{}); err != nil {
				fail(err)
			}
		}
	})
	message := &protobufs.AgentToServer{}
	if err := proto.Unmarshal(bytes, message); err != nil {
		fail(err)
	}
	encode := testing.Benchmark(func(b *testing.B) {
		for range b.N {
			if _, err := proto.Marshal(message); err != nil {
				fail(err)
			}
		}
	})
	return timing{perOp(decode), perOp(encode)}
}

func perOp(r testing.BenchmarkResult) float64 { return float64(r.T.Nanoseconds()) / float64(r.N) }

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
